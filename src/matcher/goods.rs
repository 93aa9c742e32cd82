//! Watched goods: by category code, by title where the code is missing, and in queries.

use aho_corasick::BuildError;
use sha2::{Digest as _, Sha256};

use super::Scratch;
use super::literals::{Literals, stands_alone};
use crate::domain::{Act, Draft, Facts, Item, OrderAct, OrderId, signal::engine};
use crate::rules::Ruleset;
use crate::text::fold_into;

#[derive(Debug)]
pub(super) struct WatchedGoods {
    /// Category code and index of the goods entry.
    codes: std::collections::HashMap<String, usize>,
    titles: Literals<usize>,
    categories: Vec<String>,
}

impl WatchedGoods {
    pub(super) fn new(rules: &Ruleset) -> Result<Self, BuildError> {
        let mut codes = std::collections::HashMap::new();
        for (index, goods) in rules.goods.iter().enumerate() {
            for code in &goods.codes {
                codes.entry(code.clone()).or_insert(index);
            }
        }
        let waiting = rules.goods.iter().enumerate().flat_map(|(index, goods)| {
            goods.titles.iter().map(move |title| (title.clone(), index))
        });
        Ok(Self {
            codes,
            titles: Literals::new(waiting)?,
            categories: rules.goods.iter().map(|g| g.category.clone()).collect(),
        })
    }

    fn in_folded(&self, folded: &str) -> Option<usize> {
        self.titles
            .occurrences(folded)
            .filter(|(start, end, _)| stands_alone(folded, *start, *end))
            .filter_map(|(_, _, goods)| goods.first().copied())
            .min()
    }

    /// The watched category that a folded query names.
    pub(super) fn in_query(&self, folded: &str) -> Option<&str> {
        self.in_folded(folded)
            .map(|index| self.categories[index].as_str())
    }

    /// The watched category of an item.
    pub(super) fn category_of(&self, item: &Item, scratch: &mut Scratch) -> Option<&str> {
        let index = if item.category.is_empty() {
            scratch.folded.clear();
            fold_into(item.title.reveal(), &mut scratch.folded);
            self.in_folded(&scratch.folded)
        } else {
            self.codes.get(&item.category).copied()
        };
        index.map(|index| self.categories[index].as_str())
    }

    /// A short hash of a title: enough to count variety, and no more is kept.
    pub(super) fn title_hash(&self, item: &Item, scratch: &mut Scratch) -> u64 {
        scratch.folded.clear();
        fold_into(item.title.reveal(), &mut scratch.folded);
        let digest = Sha256::digest(scratch.folded.as_bytes());
        digest
            .iter()
            .take(8)
            .fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
    }

    pub(super) fn purchase(
        &self,
        order: &OrderId,
        merchant: &str,
        items: &[Item],
        act: OrderAct,
        scratch: &mut Scratch,
    ) -> Draft {
        let mut facts = Facts {
            act: Act::from_name(act.name()),
            order: order.as_str().to_owned(),
            merchant: merchant.to_owned(),
            ..Facts::default()
        };
        for item in items {
            let Some(category) = self.category_of(item, scratch) else {
                continue;
            };
            if facts.category.is_empty() {
                facts.category = category.to_owned();
            }
            facts.quantity = facts.quantity.saturating_add(item.quantity);
            facts.items.push(self.title_hash(item, scratch));
        }
        if facts.category.is_empty() {
            facts.quantity = items
                .iter()
                .fold(0, |sum, item| sum.saturating_add(item.quantity));
            return Draft::of_goods(engine::ORDINARY_GOODS, facts).only_if_known();
        }
        facts.items.sort_unstable();
        facts.items.dedup();
        Draft::of_goods(engine::WATCHED_GOODS, facts)
    }
}
