//! The settings in force, as TOML that can be loaded again.

use super::keys::known_keys;
use super::origin::{Origin, short};
use super::settings::Settings;

/// Every key with its value and, as a comment, where it came from. Of secrets only the paths of their files are known
/// here, so only those are shown.
pub fn show(settings: &Settings) -> String {
    let mut shown = String::new();
    let mut section = "";
    for info in known_keys() {
        if info.section() != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section = info.section();
            shown.push_str(&format!("{gap}[{section}]\n"));
        }
        if let Some((value, origin)) = settings.in_force(info.key) {
            let origin = described(origin);
            shown.push_str(&format!("{} = {value}  # {origin}\n", info.name()));
        }
    }
    shown
}

fn described(origin: &Origin) -> String {
    match origin {
        Origin::Default => origin.to_string(),
        // A path may hold anything, a line break too.
        Origin::File { .. } => format!("file {}", short(&origin.to_string())),
        Origin::Environment(_) | Origin::Flag(_) => origin.to_string(),
    }
}
