//! Names of resource types (`SugarCRM.CRM`), of their models (`nodeconductor_sugarcrm.crm`), and of the plans that the
//! predecessor made of the one or the other (nodeconductor.md 5.5): lower case, so the capitals have to be known.

use super::Routing;

/// How the models of NodeConductor's own plugins begin.
const OWN: &str = "nodeconductor_";

/// Words that a capital in front is not enough for.
const SPELLED: [&str; 17] = [
    "AWS",
    "CRM",
    "DigitalOcean",
    "FloatingIP",
    "GitLab",
    "IaaS",
    "ITService",
    "JIRA",
    "OpenStack",
    "OpenStackTenant",
    "PaaS",
    "SaaS",
    "SaltStack",
    "SecurityGroup",
    "SugarCRM",
    "VirtualMachine",
    "VMware",
];

/// The plan that a resource type's name stands for: `OpenStack.Instance` → `openstack-instance`.
#[must_use]
pub fn plan_of_type(resource_type: &str) -> String {
    resource_type.to_lowercase().replace('.', "-")
}

/// The same name with, or without, the prefix of NodeConductor's own plugins.
fn twin(name: &str) -> String {
    name.strip_prefix(OWN)
        .map_or_else(|| format!("{OWN}{name}"), str::to_owned)
}

impl Routing {
    /// The plans that a resource type's name or the configuration stands for, the better one first.
    #[must_use]
    pub fn plans_of(&self, resource_type: &str) -> Vec<String> {
        let named = plan_of_type(resource_type);
        let twin = twin(&named);
        let mut plans = vec![named];
        plans.extend(self.plans.get(resource_type).cloned());
        plans.push(twin);
        plans
    }

    /// How the names of the plans of a service (`SugarCRM`) begin, and those that the configuration gives its types.
    #[must_use]
    pub fn plans_of_service(&self, service: &str) -> (Vec<String>, Vec<String>) {
        let service = service.to_lowercase();
        let beginnings = vec![format!("{service}-"), format!("{}-", twin(&service))];
        let types = self.plans.iter();
        let own = types.filter(|(name, _)| beginnings.iter().any(|begin| plan_of_type(name).starts_with(begin)));
        let named = own.map(|(_, plan)| plan.clone()).collect();
        (beginnings, named)
    }

    /// The resource type that a plan is for: as the configuration says, else as the plan's name does. Empty for others.
    #[must_use]
    pub fn resource_type(&self, plan: &str) -> String {
        let configured = self.plans.iter().find(|(_, configured)| *configured == plan);
        configured.map_or_else(|| spelled_type(plan), |(resource_type, _)| resource_type.clone())
    }
}

fn spelled_type(plan: &str) -> String {
    match plan.strip_prefix(OWN).unwrap_or(plan).split_once('-') {
        Some((service, kind)) => format!("{}.{}", spelled(service), spelled(kind)),
        None => String::new(),
    }
}

fn spelled(word: &str) -> String {
    let known = SPELLED.into_iter().find(|known| known.eq_ignore_ascii_case(word));
    match (known, word.split_at_checked(1)) {
        (Some(known), _) => known.to_owned(),
        (None, Some((first, rest))) => format!("{}{rest}", first.to_uppercase()),
        (None, None) => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn routing(plans: &[(&str, &str)]) -> Routing {
        let plans: BTreeMap<_, _> = plans
            .iter()
            .map(|(resource_type, plan)| ((*resource_type).to_owned(), (*plan).to_owned()))
            .collect();
        Routing::new(Vec::new(), plans, "USD", Vec::new())
    }

    #[test]
    fn a_plan_of_the_predecessor_names_its_type_in_nodeconductor_s_spelling() {
        let routing = routing(&[]);
        for (plan, resource_type) in [
            ("iaas-instance", "IaaS.Instance"),
            ("openstack-instance", "OpenStack.Instance"),
            ("nodeconductor_sugarcrm-crm", "SugarCRM.CRM"),
            ("sugarcrm-crm", "SugarCRM.CRM"),
            ("digitalocean-droplet", "DigitalOcean.Droplet"),
            ("azure-virtualmachine", "Azure.VirtualMachine"),
            ("nodeconductor_gitlab-project", "GitLab.Project"),
            ("nodeconductor_zabbix-itservice", "Zabbix.ITService"),
            ("jira-project", "JIRA.Project"),
            ("aws-instance", "AWS.Instance"),
            ("hosting", ""),
        ] {
            assert_eq!(routing.resource_type(plan), resource_type, "{plan}");
        }
    }

    #[test]
    fn the_configuration_knows_better() {
        let routing = routing(&[("Acme.vHost", "web-hosting")]);
        assert_eq!(routing.resource_type("web-hosting"), "Acme.vHost");
        assert_eq!(routing.plans_of("Acme.vHost")[..2], ["acme-vhost", "web-hosting"]);
        let (beginnings, named) = routing.plans_of_service("Acme");
        assert_eq!(beginnings, ["acme-", "nodeconductor_acme-"]);
        assert_eq!(named, ["web-hosting"]);
    }

    #[test]
    fn a_type_finds_the_plans_of_nodeconductor_s_own_plugins_both_ways() {
        let routing = routing(&[]);
        assert!(
            routing
                .plans_of("SugarCRM.CRM")
                .contains(&"nodeconductor_sugarcrm-crm".to_owned())
        );
        let model = routing.plans_of("nodeconductor_sugarcrm.crm");
        assert_eq!(model, ["nodeconductor_sugarcrm-crm", "sugarcrm-crm"]);
    }
}
