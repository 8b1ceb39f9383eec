//! Names as the world has them: every script, markup, controls, great length.

use std::path::{Path, PathBuf};

use nodeconductor_billing::pdf::{InvoiceDocument, Renderer};

use crate::fixtures::{invoice, machine, ordinary, project};
use crate::reader;

fn named(name: &str) -> InvoiceDocument {
    let mut doc = invoice("1", vec![project(name, vec![machine(name, 1)])], vec![]);
    doc.customer.name = name.into();
    doc.issuer.contact.push(name.into());
    doc
}

#[tokio::test]
async fn latin_cyrillic_greek_hebrew_and_arabic_have_all_their_glyphs() {
    let names = [
        "Łódź Ñandú Ấp Őr ẞ",
        "Київський інститут Ђорђе",
        "Ελληνική Ώρα",
        "חברת הענן הצפוני",
        "شركة السحابة الشمالية ۲۰۲۶",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let page = reader::invoice(&format!("names-{index}"), named(name)).await;
        assert!(
            page.rendered.replaced.is_empty(),
            "{name}: {:?}",
            page.rendered.replaced
        );
        if index < 3 {
            page.shows(name);
        }
    }
}

#[tokio::test]
async fn digits_stay_in_place_behind_a_right_to_left_name() {
    let mut doc = named("חברת הענן 2026");
    doc.notes = vec!["Paid by حساب 123".into()];
    let page = reader::invoice("names-bidi", doc).await;
    assert!(page.rendered.replaced.is_empty());
    page.shows("744");
}

#[tokio::test]
async fn nothing_is_taken_for_markup() {
    let name =
        r#"#panic("x") $ x^2 $ *bold* _it_ `raw` \n "quoted" 'single' <label> @ref [x] {y} // c /* d */ -- ... ~"#;
    reader::invoice("names-markup", named(name)).await.shows(name);
}

#[tokio::test]
async fn long_names_are_printed_in_full() {
    // In the head, in the contact, for the project, its subtotal and the resource.
    let words = "Institute for the Advancement of Very Long Names ".repeat(4);
    let unbroken = "x1".repeat(75);
    let page = reader::invoice("names-long", named(&words[..150])).await;
    assert_eq!(page.count(&words[..150]), 5);
    let page = reader::invoice("names-unbroken", named(&unbroken)).await;
    assert_eq!(page.count("x1"), 75 * 5);
}

#[tokio::test]
async fn control_characters_are_left_out() {
    let page = reader::invoice(
        "names-controls",
        named("Evil\u{0}\u{7}\u{202e}\u{1b}[31m\u{feff}\u{ffff} Ltd\r\n2"),
    )
    .await;
    page.shows("Evil[31m Ltd 2");
    assert!(page.rendered.replaced.is_empty());
}

#[tokio::test]
async fn characters_without_a_glyph_become_boxes() {
    let page = reader::invoice("names-emoji", named("Rocket 🚀 e\u{1ab0} ꙮ\u{13000} Ltd 👩‍🚀")).await;
    page.shows("Rocket □");
    page.shows("Ltd");
    assert!(
        page.rendered.replaced.contains(&'🚀') && page.rendered.replaced.contains(&'\u{13000}'),
        "{:?}",
        page.rendered.replaced
    );
    assert!(!page.rendered.replaced.contains(&'e'));
}

/// `ﬁ` has a glyph of its own; mathematical and enclosed letters are printed as the letters that they stand for.
#[tokio::test]
async fn letters_in_a_compatible_form_are_printed() {
    let page = reader::invoice("names-compatible", named("ﬁrm Ｆｕｌｌ ①㈱ 𝐁𝐨𝐥𝐝 🄰 Ltd")).await;
    assert!(page.rendered.replaced.is_empty(), "{:?}", page.rendered.replaced);
    page.shows("Bold");
}

/// An operator's own fonts go before the embedded Chinese, Japanese and Korean, and have the rarer characters.
#[tokio::test]
async fn cjk_names_come_from_the_font_directory() {
    let name = "北方雲端股份有限公司 クラウド株式会社 클라우드 똠";
    let plain = reader::invoice("names-cjk-without-fonts", named(name)).await;
    assert_eq!(plain.rendered.replaced, ['똠']);

    let fonts = Path::new("/usr/share/fonts/truetype/wqy");
    if !fonts.is_dir() {
        return eprintln!("no CJK font is installed (Debian: fonts-wqy-microhei)");
    }
    let renderer = Renderer::new(&[PathBuf::from(fonts)]).unwrap();
    let page = reader::page("names-cjk", renderer.invoice(named(name)).await.unwrap());
    assert!(page.rendered.replaced.is_empty(), "{:?}", page.rendered.replaced);
    page.shows(name);
}

#[tokio::test]
async fn documents_can_be_rendered_at_the_same_time() {
    let renderer = Renderer::new(&[]).unwrap();
    let alone = renderer.invoice(ordinary()).await.unwrap();
    let together: Vec<_> = (0..6)
        .map(|_| {
            tokio::spawn({
                let renderer = renderer.clone();
                async move { renderer.invoice(ordinary()).await }
            })
        })
        .collect();
    for task in together {
        assert_eq!(task.await.unwrap().unwrap(), alone);
    }
}
