//! What the pages of `evaluate` and `model train` are made of: tables and plots in one file that needs no other, no network
//! and no script.

use std::fmt::{Display, Write as _};

use anyhow::Context as _;
use plotters::coord::Shift;
use plotters::prelude::*;

const WIDTH: u32 = 960;
/// Told apart by eyes of every kind; after Okabe and Ito.
pub(in crate::cli) const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];
/// How a page looks.
pub(in crate::cli) const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2em auto;padding:0 1em;color:#222;\
background:#fff}h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}p.note{color:#555;margin:.2em 0 .6em}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.2em .8em;border-bottom:1px solid #ddd;\
text-align:right}th:first-child,td:first-child{text-align:left}th{border-bottom:2px solid #888}div.wide{overflow-x:auto}\
figure{margin:1em 0}figcaption{color:#555}svg{max-width:100%;height:auto}summary{cursor:pointer;margin-top:.6em}";

/// One table.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct Sheet {
    pub title: String,
    /// What a reader must know to read it.
    pub note: &'static str,
    /// For a closer look at one file; the page keeps it folded.
    pub closer: bool,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    pub(in crate::cli) fn new(
        title: &str,
        note: &'static str,
        header: &[&str],
        rows: Vec<Vec<String>>,
    ) -> Self {
        Self {
            title: title.to_owned(),
            note,
            closer: false,
            header: header.iter().map(|h| (*h).to_owned()).collect(),
            rows,
        }
    }
}

pub(in crate::cli) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

pub(in crate::cli) fn figure(page: &mut String, svg: &str, caption: &str) -> std::fmt::Result {
    writeln!(
        page,
        "<figure role=\"img\" aria-label=\"{caption}\">{svg}<figcaption>{caption}.</figcaption></figure>"
    )
}

pub(in crate::cli) fn table(page: &mut String, sheet: &Sheet) -> std::fmt::Result {
    let (open, close, end) = if sheet.closer {
        ("<details><summary>", "</summary>", "</details>")
    } else {
        ("<section><h2>", "</h2>", "</section>")
    };
    write!(
        page,
        "{open}{}{close}<p class=\"note\">{}</p><div class=\"wide\"><table><thead>",
        escaped(&sheet.title),
        escaped(sheet.note)
    )?;
    row(page, "th", &sheet.header)?;
    page.push_str("</thead><tbody>");
    for cells in &sheet.rows {
        row(page, "td", cells)?;
    }
    writeln!(page, "</tbody></table></div>{end}")
}

fn row(page: &mut String, cell: &str, cells: &[String]) -> std::fmt::Result {
    page.push_str("<tr>");
    for text in cells {
        write!(page, "<{cell}>{}</{cell}>", escaped(text))?;
    }
    page.push_str("</tr>\n");
    Ok(())
}

/// What is drawn on.
pub(in crate::cli) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An SVG element. A drawing error carries nothing that could be told apart, so it is told as text.
pub(in crate::cli) fn drawn(
    height: u32,
    draw: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>,
) -> anyhow::Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let wrong = |error: &dyn Display| anyhow::anyhow!("{error}");
        draw(&area)
            .map_err(|error| wrong(&error))
            .context("a plot cannot be drawn")?;
        area.present()
            .map_err(|error| wrong(&error))
            .context("a plot cannot be drawn")?;
    }
    Ok(svg)
}

/// Lines over a logarithmic or a plain axis, every one with its name.
pub(in crate::cli) struct Lines {
    pub x_is: &'static str,
    pub y_is: &'static str,
    pub logarithmic: bool,
    pub x: std::ops::Range<f64>,
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

const LINES_HEIGHT: u32 = 420;

impl Lines {
    /// As an SVG element; the y axis goes from 0 to 1.
    pub(in crate::cli) fn svg(&self) -> anyhow::Result<String> {
        drawn(LINES_HEIGHT, |area| {
            area.fill(&WHITE)?;
            if self.logarithmic {
                self.onto(area, self.x.clone().log_scale())
            } else {
                let range: plotters::coord::types::RangedCoordf64 = self.x.clone().into();
                self.onto(area, range)
            }
        })
    }

    fn onto<X>(&self, area: &Area<'_>, x: X) -> Result<(), Box<dyn std::error::Error>>
    where
        X: plotters::coord::ranged1d::AsRangedCoord<Value = f64>,
        X::CoordDescType: plotters::coord::ranged1d::ValueFormatter<f64>,
    {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .margin_right(30)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(x, 0.0..1.0)?;
        chart
            .configure_mesh()
            .x_desc(self.x_is)
            .y_desc(self.y_is)
            .x_label_formatter(&|x| {
                if self.x.end <= 1.0 {
                    format!("{x:.1}")
                } else {
                    plain(*x)
                }
            })
            .y_label_formatter(&|y| format!("{y:.1}"))
            .light_line_style(RGBColor(245, 245, 245))
            .bold_line_style(RGBColor(215, 215, 215))
            .draw()?;
        for (number, (name, points)) in self.lines.iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            let line =
                LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3);
            chart
                .draw_series(line)?
                .label(name.as_str())
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
                });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.85))
            .border_style(RGBColor(200, 200, 200))
            .draw()?;
        Ok(())
    }
}

pub(in crate::cli) fn plain(value: f64) -> String {
    if value >= 1.0 {
        format!("{value:.0}")
    } else {
        format!("{value}")
    }
}
