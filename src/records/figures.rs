//! Published facts that tell what a file is and whether it is whole. Each with its source; small, and kept small.

use super::quantity::Exact;

/// A published national total: year and hectares.
pub type Published = (i32, i64);

/// Coca at 31 December, hectares: UNODC/SIMCI, *Monitoreo de territorios con presencia de cultivos de coca* (the national
/// series as the reports of 2015 and 2024 give it).
pub const CENSUS: [Published; 24] = [
    (2001, 144_807),
    (2002, 102_071),
    (2003, 86_340),
    (2004, 80_350),
    (2005, 85_750),
    (2006, 77_870),
    (2007, 98_899),
    (2008, 80_953),
    (2009, 73_139),
    (2010, 61_812),
    (2011, 63_765),
    (2012, 47_788),
    (2013, 48_189),
    (2014, 69_132),
    (2015, 96_085),
    (2016, 146_140),
    (2017, 171_495),
    (2018, 169_018),
    (2019, 154_476),
    (2020, 142_784),
    (2021, 204_257),
    (2022, 230_028),
    (2023, 252_572),
    (2024, 261_386),
];

/// Manual eradication, hectares in the year: official totals of the Observatorio de Drogas de Colombia (Ministerio de
/// Justicia), from figures of the Ministerio de Defensa.
pub const MANUAL: [Published; 2] = [(2020, 130_147), (2021, 103_257)];

/// Aerial spraying, hectares in the year: official totals of the same observatory.
pub const SPRAYING: [Published; 2] = [(2006, 172_025), (2012, 100_549)];

/// More hectares in one year than any census, manual eradication or spraying ever had (the greatest is the census of
/// 2024): a national sum above it is in kilograms.
pub const MORE_THAN_ANY_HECTARES: Exact = Exact::from_whole(300_000);

/// Census years whose municipal figures are known not to add up (2001 -5.4 %, 2009 -7.0 %): a gap of the open data
/// (datos.gov.co acs4-3wgp), reported and never corrected.
pub const CENSUS_YEARS_WITH_A_GAP: [i32; 2] = [2001, 2009];

/// The published total of a year.
pub fn published(table: &[Published], year: i32) -> Option<Exact> {
    table.iter().find(|(y, _)| *y == year).map(|(_, ha)| Exact::from_whole(*ha))
}

/// Whether a sum is within 0.1 % of a published total (published totals are rounded to whole hectares).
pub fn agrees(sum: Exact, published: Exact) -> bool {
    (sum - published).abs().to_f64() <= 0.001 * published.to_f64()
}

/// A code that the current layers of the Marco Geoestadistico Nacional (DANE) no longer hold, and why.
///
/// 94663: in the layer of 2018, not in that of 2023; Barrancominas became a municipality on 2019-12-01 (Ordenanza 248 de
/// 2019, Asamblea de Guainia; DIVIPOLA 2019). 27086: in neither layer; claimed by Antioquia and Choco.
pub fn retired(code: &str) -> Option<&'static str> {
    match code {
        "94663" => Some(
            "Mapiripana, Guainia: in DANE's municipalities of 2018, not in those of 2023 (its neighbour 94343 Barrancominas became a municipality in December 2019)",
        ),
        "27086" => Some("Belen de Bajira, Choco: in DANE's municipalities of neither 2018 nor 2023"),
        _ => None,
    }
}

/// Name of a department by its two digits (DANE, DIVIPOLA).
pub fn department_name(code: &str) -> Option<&'static str> {
    let name = match code {
        "05" => "Antioquia",
        "08" => "Atlántico",
        "11" => "Bogotá, D.C.",
        "13" => "Bolívar",
        "15" => "Boyacá",
        "17" => "Caldas",
        "18" => "Caquetá",
        "19" => "Cauca",
        "20" => "Cesar",
        "23" => "Córdoba",
        "25" => "Cundinamarca",
        "27" => "Chocó",
        "41" => "Huila",
        "44" => "La Guajira",
        "47" => "Magdalena",
        "50" => "Meta",
        "52" => "Nariño",
        "54" => "Norte de Santander",
        "63" => "Quindío",
        "66" => "Risaralda",
        "68" => "Santander",
        "70" => "Sucre",
        "73" => "Tolima",
        "76" => "Valle del Cauca",
        "81" => "Arauca",
        "85" => "Casanare",
        "86" => "Putumayo",
        "88" => "Archipiélago de San Andrés, Providencia y Santa Catalina",
        "91" => "Amazonas",
        "94" => "Guainía",
        "95" => "Guaviare",
        "97" => "Vaupés",
        "99" => "Vichada",
        _ => return None,
    };
    Some(name)
}
