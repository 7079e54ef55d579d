//! Legends as OGC Styled Layer Descriptors (SLD 1.1.0, OGC 05-078r4, with Symbology Encoding 05-077r4), for GeoServer and its like.

use super::legend::{Class, Legend, UNKNOWN};
use super::style::escaped;

/// A style of the layer `table`.
pub(super) fn sld(table: &str, legend: &Legend) -> String {
    let column = legend.column.short();
    let solid = |[r, g, b]: [u8; 3]| format!("<se:SvgParameter name=\"fill\">#{r:02x}{g:02x}{b:02x}</se:SvgParameter>");
    let mut rules: String =
        legend.classes.iter().map(|class| rule(&class.label, &filter(&column, class), &solid(class.colour))).collect();
    let hatched = "<se:GraphicFill><se:Graphic><se:Mark><se:WellKnownName>shape://slash</se:WellKnownName><se:Stroke>\
                   <se:SvgParameter name=\"stroke\">#5a5a5a</se:SvgParameter></se:Stroke></se:Mark>\
                   <se:Size>8</se:Size></se:Graphic></se:GraphicFill>";
    let unknown = format!("<ogc:PropertyIsNull>{}</ogc:PropertyIsNull>", property(&column));
    rules.push_str(&rule(UNKNOWN, &unknown, hatched));
    let title = escaped(&legend.title);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<StyledLayerDescriptor version=\"1.1.0\" xmlns=\"http://www.opengis.net/sld\" \
         xmlns:se=\"http://www.opengis.net/se\" xmlns:ogc=\"http://www.opengis.net/ogc\"><NamedLayer><se:Name>{table}</se:Name>\
         <UserStyle><se:Name>{title}</se:Name><se:FeatureTypeStyle>\n{rules}</se:FeatureTypeStyle></UserStyle></NamedLayer>\
         </StyledLayerDescriptor>\n"
    )
}

fn rule(label: &str, filter: &str, fill: &str) -> String {
    let label = escaped(label);
    format!(
        "<se:Rule><se:Name>{label}</se:Name><ogc:Filter>{filter}</ogc:Filter><se:PolygonSymbolizer><se:Fill>{fill}</se:Fill>\
         <se:Stroke><se:SvgParameter name=\"stroke\">#5a5a5a</se:SvgParameter><se:SvgParameter name=\"stroke-width\">0.5\
         </se:SvgParameter></se:Stroke></se:PolygonSymbolizer></se:Rule>\n"
    )
}

fn property(column: &str) -> String {
    format!("<ogc:PropertyName>{column}</ogc:PropertyName>")
}

fn filter(column: &str, class: &Class) -> String {
    let compared = |name: &str, value: f64| {
        format!("<ogc:{name}>{}<ogc:Literal>{value}</ogc:Literal></ogc:{name}>", property(column))
    };
    let above = class.above.map(|above| compared("PropertyIsGreaterThan", above));
    let up_to = class.up_to.map(|up_to| compared("PropertyIsLessThanOrEqualTo", up_to));
    match (above, up_to) {
        (Some(above), Some(up_to)) => format!("<ogc:And>{above}{up_to}</ogc:And>"),
        (one, other) => one.or(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::map_layer::columns::{Column, Figure};

    #[test]
    fn a_descriptor_is_xml_with_a_rule_for_each_class_and_for_the_unknown() {
        let class = Class { above: Some(1.0), up_to: Some(5.0), label: "1 < x".to_owned(), colour: [254, 217, 142] };
        let column = Column { year: 2024, figure: Figure::MappedArea };
        let legend = Legend { title: "T".into(), description: String::new(), column, classes: vec![class] };
        let text = sld("municipalities", &legend);
        let tree = roxmltree::Document::parse(&text).unwrap();
        let rules: Vec<_> = tree.descendants().filter(|node| node.tag_name().name() == "Rule").collect();
        assert_eq!(rules.len(), 2);
        assert!(text.contains("#fed98e") && text.contains("PropertyIsNull"));
    }
}
