//! Legends as QGIS keeps them: a rule for each class, and one for what is unknown.

use super::MapLayer;
use super::columns::Column;
use super::legend::{Class, Legend, UNKNOWN};

/// Colour of borders and of the hatching.
const LINE: &str = "90,90,90,255";

/// Text of XML.
pub(in crate::io) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// Titles of the columns: GDAL before 3.7 does not hand those of `gpkg_data_columns` on to QGIS.
pub(in crate::io) fn aliases(layer: &MapLayer, name: impl Fn(Column) -> String) -> String {
    let of = |(column, title): (String, String)| {
        format!("  <alias field=\"{}\" name=\"{}\"/>\n", escaped(&column), escaped(&title))
    };
    let columns = layer.columns().iter().map(|column| of((name(*column), column.alias())));
    format!(" <aliases>\n{} </aliases>\n", columns.collect::<String>())
}

/// A style file of QGIS.
pub(super) fn qml(legend: &Legend, aliases: &str) -> String {
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\" styleCategories=\"Symbology|Fields\">\n{}{aliases}</qgis>\n",
        renderer(legend, &legend.column.short())
    )
}

/// The renderer, in a style or in a project, of a layer in which the column has this name.
pub(in crate::io) fn renderer(legend: &Legend, column: &str) -> String {
    let mut rules = String::new();
    let mut symbols = String::new();
    let mut add = |number: usize, filter: &str, label: &str, symbol: String| {
        let (filter, label) = (escaped(filter), escaped(label));
        rules.push_str(&format!(
            "   <rule key=\"{{class_{number}}}\" symbol=\"{number}\" filter=\"{filter}\" label=\"{label}\"/>\n"
        ));
        symbols.push_str(&symbol);
    };
    for (number, class) in legend.classes.iter().enumerate() {
        let [r, g, b] = class.colour;
        add(number, &filter(column, class), &class.label, symbol(number, &format!("{r},{g},{b},255"), "solid"));
    }
    let number = legend.classes.len();
    add(number, &format!("\"{}\" IS NULL", column), UNKNOWN, symbol(number, LINE, "b_diagonal"));
    format!(
        " <renderer-v2 type=\"RuleRenderer\" symbollevels=\"0\" enableorderby=\"0\" forceraster=\"0\">\n  <rules key=\"{{classes}}\">\n{rules}  </rules>\n  <symbols>\n{symbols}  </symbols>\n </renderer-v2>\n"
    )
}

fn filter(column: &str, class: &Class) -> String {
    let above = class.above.map(|above| format!("\"{column}\" > {above}"));
    let up_to = class.up_to.map(|up_to| format!("\"{column}\" <= {up_to}"));
    let both: Vec<String> = above.into_iter().chain(up_to).collect();
    both.join(" AND ")
}

fn symbol(number: usize, colour: &str, brush: &str) -> String {
    let properties = [
        ("color", colour),
        ("style", brush),
        ("outline_color", LINE),
        ("outline_style", "solid"),
        ("outline_width", "0.15"),
    ];
    let options: String = properties
        .iter()
        .map(|(name, value)| format!("      <Option name=\"{name}\" type=\"QString\" value=\"{value}\"/>\n"))
        .collect();
    // Both forms: QGIS before 3.18 reads the second only.
    let older: String =
        properties.iter().map(|(name, value)| format!("     <prop k=\"{name}\" v=\"{value}\"/>\n")).collect();
    format!(
        "   <symbol name=\"{number}\" type=\"fill\" alpha=\"1\" clip_to_extent=\"1\" force_rhr=\"0\">\n    <layer class=\"SimpleFill\" enabled=\"1\" pass=\"0\" locked=\"0\">\n     <Option type=\"Map\">\n{options}     </Option>\n{older}    </layer>\n   </symbol>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::map_layer::columns::Figure;
    use crate::io::map_layer::tests::small_layer;

    #[test]
    fn a_style_is_xml_with_a_rule_for_each_class_and_for_the_unknown() {
        let class = |above, up_to| Class { above, up_to, label: "a <b> & \"c\"".to_owned(), colour: [1, 2, 3] };
        let legend = Legend {
            title: "T".to_owned(),
            description: String::new(),
            column: Column { year: 2024, figure: Figure::MappedArea },
            classes: vec![class(None, Some(0.0)), class(Some(0.0), Some(5.0)), class(Some(5.0), None)],
        };
        let text = qml(&legend, &aliases(&small_layer(), Column::short));
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        let tree = roxmltree::Document::parse_with_options(&text, options).unwrap();
        let filters: Vec<&str> = tree.descendants().filter_map(|node| node.attribute("filter")).collect();
        assert_eq!(
            filters,
            ["\"map_2024\" <= 0", "\"map_2024\" > 0 AND \"map_2024\" <= 5", "\"map_2024\" > 5", "\"map_2024\" IS NULL"]
        );
        assert_eq!(tree.descendants().filter(|node| node.has_tag_name("symbol")).count(), 4);
        let alias = tree.descendants().find(|node| node.attribute("field") == Some("adj_2024")).unwrap();
        assert_eq!(alias.attribute("name"), Some("Estimated coca 2024 (ha)"));
    }
}
