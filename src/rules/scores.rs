//! Signals of the learned scorer: which head, and how many false alarms they may cost.

use std::sync::Arc;

use super::fields::Fields;
use super::signals::{read_fields, read_speakers};
use super::yaml::Node;
use crate::domain::{Field, Head, Sender, signal::engine};

/// A text that scores higher than nearly all ordinary ones.
#[derive(Clone, Debug)]
pub struct ScoreSignal {
    /// Its id; the name of the remembered signal.
    pub id: Arc<str>,
    /// What is scored.
    pub head: Head,
    /// The texts that are scored.
    pub fields: Vec<Field>,
    /// Who may have said it, for talk.
    pub speakers: Vec<Sender>,
    /// At most so many of a million ordinary texts give this signal, by the model's own curve.
    pub alarms_per_million: u32,
}

/// The largest share that makes sense: one text in twenty.
const ALARMS_PER_MILLION_MAX: i64 = 50_000;

pub(super) fn read(file: &str, node: &Node, problems: &mut super::Problems) -> Option<ScoreSignal> {
    let known = ["id", "head", "fields", "speaker", "alarms_per_million"];
    let mut fields = Fields::open(file, node, &known, problems)?;
    let id_node = fields.need("id")?;
    let id = fields.text_of(id_node, "id")?;
    if engine::ALL.contains(&id) {
        fields.problem(
            id_node.place,
            format!("`{id}` is a signal of the engine itself"),
            "choose another id",
        );
    }
    let head = fields.need("head")?;
    let head = fields.choice(head, "head", &Head::ALL, Head::name)?;
    fields.need("alarms_per_million")?;
    let alarms = fields.number("alarms_per_million", 1..=ALARMS_PER_MILLION_MAX)?;
    Some(ScoreSignal {
        id: id.into(),
        head,
        fields: read_fields(&mut fields, id),
        speakers: read_speakers(&mut fields),
        alarms_per_million: u32::try_from(alarms).ok()?,
    })
}
