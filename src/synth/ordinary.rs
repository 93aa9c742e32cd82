//! Ordinary shop talk and goods, one [`Tongue`] for each locale of `ordinary.yaml`.

use std::borrow::Cow;

use super::SynthError;
use super::yaml::{At, read};

const FILE: &str = "ordinary.yaml";

/// The locales, and how many of 100 persons speak each.
pub(super) const LOCALES: [(&str, u32); 2] = [("zh-CN", 70), ("en", 30)];

/// Categories of use at home, in class and in the field that are also watched. Few persons buy from them, and those
/// from one only: by mere chance nobody ends with a basket that looks like a plan.
const WATCHED: [&str; 5] = [
    "agro_chemical",
    "medicine",
    "blade",
    "lab_reagent",
    "industrial_chemical",
];

/// What people say and buy in one language.
pub(super) struct Tongue {
    pub locale: &'static str,
    pub buyer: Vec<String>,
    pub merchant: Vec<String>,
    pub search: Vec<String>,
    pub note: Vec<String>,
    pub delivery_note: Vec<String>,
    pub city: Vec<String>,
    /// Categories that nobody watches.
    pub everyday: Vec<Shelf>,
    /// Categories that are watched.
    pub watched: Vec<Shelf>,
}

/// The goods of one category.
pub(super) struct Shelf {
    pub category: String,
    pub titles: Vec<String>,
}

/// Reads `ordinary.yaml`.
pub(super) fn load(text: &str) -> Result<Vec<Tongue>, SynthError> {
    read(FILE, text, |root| {
        root.only(&["locales"])?;
        let locales = root.get("locales")?;
        locales.only(&LOCALES.map(|(name, _)| name))?;
        LOCALES
            .iter()
            .map(|(locale, _)| tongue(locale, &locales.get(locale)?))
            .collect()
    })
}

fn tongue(locale: &'static str, at: &At<'_>) -> Result<Tongue, SynthError> {
    at.only(&[
        "buyer",
        "merchant",
        "search",
        "note",
        "delivery_note",
        "items",
        "city",
    ])?;
    let items = at.get("items")?;
    let (watched, everyday): (Vec<_>, Vec<_>) = shelves(&items)?
        .into_iter()
        .partition(|shelf| WATCHED.contains(&shelf.category.as_str()));
    if watched.is_empty() || everyday.is_empty() {
        return Err(items.fault("both everyday and watched categories"));
    }
    Ok(Tongue {
        locale,
        buyer: at.get("buyer")?.texts()?,
        merchant: at.get("merchant")?.texts()?,
        search: at.get("search")?.texts()?,
        note: at.get("note")?.texts()?,
        delivery_note: at.get("delivery_note")?.texts()?,
        city: at.get("city")?.texts()?,
        everyday,
        watched,
    })
}

/// Goods by category, in the order in which the file first names them.
fn shelves(items: &At<'_>) -> Result<Vec<Shelf>, SynthError> {
    let mut shelves: Vec<Shelf> = Vec::new();
    for item in items.list()? {
        item.only(&["title", "category"])?;
        let title = item.get("title")?.text()?.to_owned();
        let category = item.get("category")?.text()?;
        match shelves.iter_mut().find(|shelf| shelf.category == category) {
            Some(shelf) => shelf.titles.push(title),
            None => shelves.push(Shelf {
                category: category.to_owned(),
                titles: vec![title],
            }),
        }
    }
    Ok(shelves)
}

/// Fills the slots of a text.
pub(super) fn fill<'a>(text: &'a str, item: &str, n: u32, city: &str) -> Cow<'a, str> {
    if !text.contains('{') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.replace("{item}", item)
            .replace("{n}", &n.to_string())
            .replace("{city}", city),
    )
}
