//! A run's tables as they leave: columns that may, and no figure of the map where the map is withheld.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::check::names::with_year;
use super::columns::{Origin, TableKind, is_coca, property_origin};
use crate::records::text_table::TextTable;

/// The word in `flag` that says that mapped figures are withheld.
pub const WITHHELD: &str = "withheld";

/// Of which places and years no mapped figure leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WithheldMap {
    /// Codes of municipalities with years.
    pub municipalities: BTreeSet<(String, i32)>,
    /// Codes of departments with years.
    pub departments: BTreeSet<(String, i32)>,
    /// Years in which the total is withheld.
    pub all: BTreeSet<i32>,
}

/// What a row is of.
struct Place<'a> {
    level: &'a str,
    code: &'a str,
    year: Option<i32>,
}

impl WithheldMap {
    fn holds(&self, place: &Place<'_>) -> bool {
        let years = |set: &BTreeSet<(String, i32)>| {
            set.iter().any(|(code, year)| code == place.code && place.year.is_none_or(|y| y == *year))
        };
        match place.level {
            "municipality" => years(&self.municipalities),
            "department" => years(&self.departments),
            _ => self.all.iter().any(|year| place.year.is_none_or(|y| y == *year)),
        }
    }

    /// Whether a municipality inside a place is withheld, so that sums over other municipalities than those of its total tell of it.
    fn touches(&self, place: &Place<'_>) -> bool {
        let inside = |code: &str| place.level != "department" || code.starts_with(place.code);
        self.municipalities.iter().any(|(code, year)| inside(code) && place.year.is_none_or(|y| y == *year))
    }

    /// Whether anything of a year is withheld.
    fn any(&self, year: Option<i32>) -> bool {
        let of = |set: &BTreeSet<(String, i32)>| set.iter().any(|(_, y)| year.is_none_or(|year| year == *y));
        of(&self.municipalities) || of(&self.departments) || self.all.iter().any(|y| year.is_none_or(|year| year == *y))
    }
}

/// A table as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its columns.
    pub header: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// Columns that stay behind.
    pub left: Vec<String>,
}

/// The table that leaves. `year` is that of the file's name.
pub fn publish_table(kind: &TableKind, table: &TextTable, year: Option<i32>, withheld: &WithheldMap) -> Published {
    let origins: Vec<Option<Origin>> = table.header.iter().map(|name| kind.origin(name)).collect();
    let names = |keep: bool| -> Vec<String> {
        table.header.iter().zip(&origins).filter(|(_, o)| o.is_some() == keep).map(|(n, _)| n.clone()).collect()
    };
    let at = |name: &str| table.header.iter().position(|h| h == name);
    let (code, level, place_code, row_year) = (at("municipality_code"), at("level"), at("place_code"), at("year"));
    let rows = table.rows.iter().map(|row| {
        let get = |column: Option<usize>| column.map_or("", |c| row.fields[c].as_str());
        let year = row_year.map_or(year, |c| row.fields[c].parse().ok());
        let place = match (level, get(code)) {
            (Some(_), _) => Place { level: get(level), code: get(place_code), year },
            (None, "") => Place { level: "all", code: "", year },
            (None, code) => Place { level: "municipality", code, year },
        };
        // Sums over places that the row does not name.
        let hidden = if code.is_none() && level.is_none() { withheld.any(year) } else { withheld.holds(&place) };
        // Municipalities with a census figure are not all: their sum is a second equation beside the total.
        let partial = level.is_some() && withheld.touches(&place);
        let fields = table.header.iter().zip(&row.fields).zip(&origins);
        let kept = fields.filter_map(|((name, text), origin)| Some((name, text, (*origin)?)));
        kept.map(|(name, text, origin)| match origin {
            Origin::Map if hidden || (partial && name == "difference_ha") => String::new(),
            _ if hidden && name == "flag" => with_flag(text),
            _ => text.clone(),
        })
        .collect()
    });
    Published { header: names(true), rows: rows.collect(), left: names(false) }
}

fn with_flag(flag: &str) -> String {
    if flag.is_empty() { WITHHELD.to_owned() } else { format!("{flag};{WITHHELD}") }
}

/// Properties of a municipality as they leave, and the names of those that stay behind.
pub fn publish_properties(
    properties: &Map<String, Value>,
    withheld: &WithheldMap,
) -> (Map<String, Value>, Vec<String>) {
    let code = properties.get("municipality_code").and_then(Value::as_str).unwrap_or_default();
    let (mut out, mut left) = (Map::new(), Vec::new());
    for (name, value) in properties {
        let (base, year) = with_year(name);
        let hidden = withheld.holds(&Place { level: "municipality", code, year });
        match property_origin(base) {
            None => left.push(name.clone()),
            Some(Origin::Map) if hidden => drop(out.insert(name.clone(), Value::Null)),
            Some(_) if hidden && base == "flag" => {
                drop(out.insert(name.clone(), with_flag(value.as_str().unwrap_or_default()).into()));
            }
            Some(_) => drop(out.insert(name.clone(), value.clone())),
        }
    }
    (out, left)
}

/// Adds up several classes of coca of a municipality and year: a class of a few lots would be a figure of these.
pub fn merge_coca(table: &mut TextTable) {
    let at = |name: &str| table.header.iter().position(|h| h == name);
    let (Some(code), Some(year), Some(class)) = (at("municipality_code"), at("year"), at("class")) else { return };
    let sums: Vec<usize> = ["mapped_area_ha", "bound_low_ha", "bound_high_ha"].into_iter().filter_map(at).collect();
    let unobserved = at("unobserved_ha");
    let mut first: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut kept: Vec<crate::records::text_table::TextRow> = Vec::new();
    for row in std::mem::take(&mut table.rows) {
        let key = (row.fields[code].clone(), row.fields[year].clone());
        let Some(known) = Some(()).filter(|()| is_coca(&row.fields[class])).and_then(|()| first.get(&key)) else {
            if is_coca(&row.fields[class]) {
                first.insert(key, kept.len());
            }
            kept.push(row);
            continue;
        };
        let into = &mut kept[*known].fields;
        "coca".clone_into(&mut into[class]);
        let number = |fields: &[String], c: usize| fields[c].parse::<f64>().ok();
        for column in &sums {
            let high = table.header[*column] == "bound_high_ha";
            // The unobserved ground could be either class, once.
            let twice = if high { unobserved.and_then(|c| number(into, c)).unwrap_or(0.0) } else { 0.0 };
            let sum = number(into, *column).zip(number(&row.fields, *column)).map(|(a, b)| a + b - twice);
            into[*column] = sum.map(|v| format!("{v:.4}")).unwrap_or_default();
        }
    }
    table.rows = kept;
}

#[cfg(test)]
mod tests {
    use super::super::columns::TABLES;
    use super::*;
    use crate::records::text_table::TextRow;

    fn table(text: &str) -> TextTable {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let rows = lines.zip(2..).map(|(fields, line)| TextRow { line, fields });
        TextTable { header, rows: rows.collect(), ..TextTable::default() }
    }

    fn withheld() -> WithheldMap {
        WithheldMap { municipalities: [("05001".to_owned(), 2024)].into(), ..WithheldMap::default() }
    }

    #[test]
    fn figures_of_the_map_go_and_those_of_records_stay() {
        let given = table(
            "municipality_code,year,class,mapped_area_ha,census_ha,difference_ha,flag,pixel_row\n05001,2023,coca,2,3,-1,,7\n05001,2024,coca,2,3,-1,partly_covered,7",
        );
        let out = publish_table(&TABLES[1], &given, None, &withheld());
        assert_eq!(
            out.header,
            ["municipality_code", "year", "class", "mapped_area_ha", "census_ha", "difference_ha", "flag"]
        );
        assert_eq!(out.rows[0], ["05001", "2023", "coca", "2", "3", "-1", ""]);
        assert_eq!(out.rows[1], ["05001", "2024", "coca", "", "3", "", "partly_covered;withheld"]);
        assert_eq!(out.left, ["pixel_row"]);
    }

    /// Two of three have a census figure, and one of the two is withheld: `difference + census` would be what both have mapped.
    #[test]
    fn a_difference_over_a_withheld_municipality_goes() {
        let totals = table(
            "level,place_code,year,mapped_area_ha,census_ha,difference_ha\ncountry,CO,2024,9,4,3\ndepartment,05,2024,8,4,2\ndepartment,06,2024,1,1,0\ncountry,CO,2023,9,4,3",
        );
        let out = publish_table(&TABLES[2], &totals, None, &withheld());
        let of: Vec<&str> = out.rows.iter().map(|row| row[5].as_str()).collect();
        assert_eq!(of, ["", "", "0", "3"]);
        assert_eq!(out.rows[1], ["department", "05", "2024", "8", "4", ""]);
    }

    #[test]
    fn rows_without_a_year_or_place_go_with_any() {
        let change = table("municipality_code,class,after_ha\n05001,coca,2\n05002,coca,3\n,coca,5");
        let out = publish_table(&TABLES[4], &change, None, &withheld());
        assert_eq!(out.rows, [["05001", "coca", ""], ["05002", "coca", "3"], ["", "coca", "5"]]);
        let nulls = table("year,scope,figures,municipalities,national_error_pct\n2023,a,b,1,7\n2024,a,b,1,8");
        let out = publish_table(&TABLES[6], &nulls, None, &withheld());
        assert_eq!(out.rows, [["2023", "a", "b", "1", "7"], ["2024", "a", "b", "1", ""]]);
    }

    #[test]
    fn properties_follow_the_year_in_their_names() {
        let properties = serde_json::json!({
            "municipality_code": "05001", "mapped_area_ha_2023": 2.0, "mapped_area_ha_2024": 2.5, "census_ha_2024": 3.0,
            "flag_2024": "", "ci95_low_ha_2024": 1.0, "row": 4
        });
        let (out, left) = publish_properties(properties.as_object().unwrap(), &withheld());
        assert_eq!(
            serde_json::Value::from(out),
            serde_json::json!({
                "municipality_code": "05001", "mapped_area_ha_2023": 2.0, "mapped_area_ha_2024": null,
                "census_ha_2024": 3.0, "flag_2024": "withheld", "ci95_low_ha_2024": null
            })
        );
        assert_eq!(left, ["row"]);
    }

    #[test]
    fn classes_of_coca_are_added_up() {
        let mut given = table(
            "municipality_code,year,class,mapped_area_ha,unobserved_ha,bound_high_ha\n05001,2024,coca_young,1,2,3\n05001,2024,forest,5,2,7\n05001,2024,coca_old,4,2,6",
        );
        merge_coca(&mut given);
        let rows: Vec<&[String]> = given.rows.iter().map(|r| r.fields.as_slice()).collect();
        assert_eq!(rows[0], ["05001", "2024", "coca", "5.0000", "2", "7.0000"]);
        assert_eq!((rows.len(), rows[1][2].as_str()), (2, "forest"));
    }
}
