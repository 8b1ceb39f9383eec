//! What a usage section prices, unit by unit and tier by tier.

use super::{Tier, TieredBlock, Usage};

impl Tier {
    fn block(&self, unit: &str) -> Option<&TieredBlock> {
        self.blocks.tiered_block.iter().find(|block| block.unit == unit)
    }

    fn has(&self, unit: &str) -> bool {
        self.block(unit).is_some() || self.limits.limit.iter().any(|limit| limit.unit == unit)
    }
}

impl Usage {
    /// The units that it prices (by blocks, or by limits where the level counts), in the order of the file.
    #[must_use]
    pub fn units(&self) -> Vec<&str> {
        let blocks = self.tiers.tier.iter().flat_map(|tier| &tier.blocks.tiered_block);
        let limits = self.tiers.tier.iter().flat_map(|tier| &tier.limits.limit);
        let limits = limits
            .filter(|_| self.kind == "CAPACITY")
            .map(|limit| limit.unit.as_str());
        let mut units: Vec<&str> = Vec::new();
        for unit in blocks.map(|block| block.unit.as_str()).chain(limits) {
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        units
    }

    /// The blocks of a unit, tier by tier: of a tier that has several Kill Bill takes the first.
    #[must_use]
    pub fn blocks<'u>(&'u self, unit: &'u str) -> impl DoubleEndedIterator<Item = &'u TieredBlock> {
        self.tiers.tier.iter().filter_map(move |tier| tier.block(unit))
    }

    /// The first tier without a block (CAPACITY: a limit) of the unit, counted from 1.
    #[must_use]
    pub fn tier_without(&self, unit: &str) -> Option<usize> {
        let gap = self.tiers.tier.iter().position(|tier| !tier.has(unit));
        gap.map(|place| place + 1)
    }
}
