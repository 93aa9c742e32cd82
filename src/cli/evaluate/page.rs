//! The page: plots and tables in one file that needs no other, no network and no script, so that it can be kept beside the
//! rules it speaks of.

use std::fmt::Write as _;

use plotters::prelude::*;

use super::report::{Report, ScoreCurve};
use super::sheets::sheets;
use crate::cli::page::{Area, COLOURS, STYLE, drawn, escaped, figure, plain, table};

const CURVES_HEIGHT: u32 = 460;
/// The bars of one file, in pixels.
const BARS_HEIGHT: u32 = 34;
/// Room above the bars for the legend, in rows.
const LEGEND_ROWS: u32 = 2;
/// Curves beyond this many would hide each other.
const CURVES_MAX: usize = 12;
/// SUPPORT, ELEVATED, HIGH and above.
const LEVEL_COLOURS: [RGBColor; 3] = [
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(213, 94, 0),
];

/// The whole page.
///
/// # Errors
/// Where a plot cannot be drawn.
pub(super) fn page(report: &Report) -> anyhow::Result<String> {
    let mut page = String::new();
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Evaluation of {name}</title>\
         <style>{STYLE}</style></head>\n<body>\n<h1>Evaluation of {name} {version}</h1>\n\
         <p class=\"note\">Rule set {hash}. Every line is judged as the first event of a person of whom nothing is known.</p>\n",
        name = escaped(&report.rules.name),
        version = escaped(&report.rules.version),
        hash = escaped(&report.rules.hash),
    )?;
    if !report.curves.is_empty() {
        let svg = drawn(CURVES_HEIGHT, |area| draw_curves(area, &report.curves))?;
        let left_out = report.curves.len().saturating_sub(CURVES_MAX);
        let more = match left_out {
            0 => String::new(),
            n => format!("; {n} more only in the table"),
        };
        figure(
            &mut page,
            &svg,
            &format!(
                "Recall against false alarms per 100,000 benign lines, for every threshold on the score{more}"
            ),
        )?;
    }
    if !report.corpora.is_empty() {
        let height = 80 + BARS_HEIGHT * (report.corpora.len() as u32 + LEGEND_ROWS);
        let svg = drawn(height, |area| draw_levels(area, report))?;
        figure(
            &mut page,
            &svg,
            "Lines at SUPPORT, ELEVATED, HIGH or above, per 100,000 lines of each file",
        )?;
    }
    for sheet in sheets(report) {
        table(&mut page, &sheet)?;
    }
    page.push_str("</body></html>\n");
    Ok(page)
}

/// Steps, since between two thresholds there is nothing.
fn steps(curve: &ScoreCurve, left: f64, right: f64) -> Vec<(f64, f64)> {
    let mut line = vec![(left, 0.0)];
    let mut recall = 0.0;
    for point in &curve.points {
        let at = point.alarms_per_100k.clamp(left, right);
        line.push((at, recall));
        line.push((at, point.recall));
        recall = point.recall;
    }
    line
}

fn draw_curves(area: &Area<'_>, curves: &[ScoreCurve]) -> Result<(), Box<dyn std::error::Error>> {
    let (left, right) = (0.1, 100_000.0);
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .margin_right(30)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d((left..right).log_scale(), 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("false alarms per 100,000 benign lines; none stands at the left edge")
        .y_desc("recall")
        .x_label_formatter(&|x| plain(*x))
        .y_label_formatter(&|y| format!("{y:.1}"))
        .y_max_light_lines(1)
        .light_line_style(RGBColor(240, 240, 240))
        .bold_line_style(RGBColor(215, 215, 215))
        .draw()?;
    for (number, curve) in curves.iter().take(CURVES_MAX).enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        chart
            .draw_series(LineSeries::new(
                steps(curve, left, right),
                colour.stroke_width(2),
            ))?
            .label(format!(
                "{}, {} ({})",
                curve.corpus, curve.positives, curve.positive_lines
            ))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .draw()?;
    Ok(())
}

/// Bars grow from the left edge on a logarithmic axis, since a crisis corpus and an ordinary one lie four powers of ten
/// apart. Each level's bar includes those above it.
fn draw_levels(area: &Area<'_>, report: &Report) -> Result<(), Box<dyn std::error::Error>> {
    let left = 0.5;
    let rows = report.corpora.len() as f64;
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .margin_right(30)
        .x_label_area_size(44)
        .y_label_area_size(190)
        .build_cartesian_2d(
            (left..100_000.0).log_scale(),
            0.0..rows + f64::from(LEGEND_ROWS),
        )?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_desc("lines per 100,000")
        .x_label_formatter(&|x| plain(*x))
        .light_line_style(RGBColor(240, 240, 240))
        .bold_line_style(RGBColor(215, 215, 215))
        .draw()?;
    for (level, name) in ["SUPPORT or above", "ELEVATED or above", "HIGH or above"]
        .into_iter()
        .enumerate()
    {
        let colour = LEVEL_COLOURS[level];
        let bars = report.corpora.iter().enumerate().map(|(number, corpus)| {
            let group = &corpus.all;
            let share = [group.support, group.elevated, group.high][level].per_100k;
            let top = rows - number as f64 - 0.12 - 0.26 * level as f64;
            Rectangle::new(
                [(left, top), (share.max(left), top - 0.22)],
                colour.filled(),
            )
        });
        chart
            .draw_series(bars)?
            .label(name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
    }
    for (number, corpus) in report.corpora.iter().enumerate() {
        let middle = rows - number as f64 - 0.5;
        let (_, y) = chart.backend_coord(&(left, middle));
        let style =
            ("sans-serif", 13)
                .into_text_style(area)
                .pos(plotters::style::text_anchor::Pos::new(
                    plotters::style::text_anchor::HPos::Right,
                    plotters::style::text_anchor::VPos::Center,
                ));
        area.draw_text(&shortened(&corpus.name), &style, (192, y))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .draw()?;
    Ok(())
}

/// A name that fits beside its bars.
fn shortened(name: &str) -> String {
    const CHARS_MAX: usize = 26;
    if name.chars().count() <= CHARS_MAX {
        return name.to_owned();
    }
    let kept: String = name.chars().take(CHARS_MAX - 1).collect();
    format!("{kept}…")
}
