//! Help that may be shown without asking anyone.

use crate::assess::Assessment;
use crate::domain::{HelpOffer, Level, RiskType};
use crate::rules::Ruleset;

/// What to show, from SUPPORT on; for accidents the emergency card.
pub fn offer(rules: &Ruleset, assessment: &Assessment, locale: &str) -> Option<HelpOffer> {
    if assessment.level() < Level::Support {
        return None;
    }
    let language = locale
        .split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let help = &rules.triage.help;
    let (language, texts) = help
        .get_key_value(&language)
        .or_else(|| help.get_key_value("zh"))
        .or_else(|| help.first_key_value())?;
    let emergency_card = assessment
        .episode
        .types
        .contains(RiskType::AccidentalPoisoning);
    Some(HelpOffer {
        locale: language.clone(),
        text: if emergency_card {
            texts.emergency.clone()
        } else {
            texts.text.clone()
        },
        lines: texts.lines.clone(),
        suppress_recommendations: true,
        emergency_card,
    })
}
