//! Watched goods, at the level of categories.

use super::fields::Fields;
use super::load::Lexicons;
use super::yaml::Node;

/// A watched category.
#[derive(Debug)]
pub struct Goods {
    /// Its name in the pack.
    pub category: String,
    /// The platform's category codes.
    pub codes: Vec<String>,
    /// Folded words read in titles without a code, and in queries.
    pub titles: Vec<String>,
    /// From this many pieces on, one order is a large amount.
    pub large_quantity: u32,
}

pub(super) fn read(
    file: &str,
    node: &Node,
    lexicons: &Lexicons,
    problems: &mut super::Problems,
) -> Option<Goods> {
    let mut fields = Fields::open(
        file,
        node,
        &["category", "codes", "titles", "large_quantity"],
        problems,
    )?;
    let category = fields.text("category")?.to_owned();
    let codes: Vec<String> = fields
        .texts("codes")
        .into_iter()
        .map(|(c, _)| c.to_owned())
        .collect();
    let titles = match fields.get("titles") {
        Some(node) => {
            let lexicon = fields.text_of(node, "titles")?;
            lexicons.terms(lexicon, node.place, &mut fields)
        }
        None => Vec::new(),
    };
    if codes.is_empty() && titles.is_empty() {
        fields.problem(
            fields.place,
            format!("goods `{category}` can never be recognised"),
            "give `codes` or `titles`",
        );
    }
    let large_quantity = fields
        .number("large_quantity", 1..=1_000_000)
        .unwrap_or(i64::from(u32::MAX));
    Some(Goods {
        category,
        codes,
        titles,
        large_quantity: large_quantity as u32,
    })
}
