//! Tests of the comparison: published accounts, what is unknown, and the command.

use std::collections::BTreeMap;
use std::path::Path;

use cocal::compare::{CompareOptions, Comparison, Flag, MappedHectares, compare};
use cocal::io::read_records::{read_census, read_eradication, read_record_file};
use cocal::territory::MunicipalityCode;

use super::data::{cocal, real_data};
use super::records::{CENSUS, File, MANUAL, assert_says, code};

/// One row of a fully observed municipality.
fn mapped(municipality: &MunicipalityCode, year: i32, hectares: f64) -> MappedHectares {
    MappedHectares {
        municipality_code: municipality.clone(),
        municipality_name: String::new(),
        year,
        class: "coca".to_owned(),
        mapped_area_ha: hectares,
        observed_share: Some(1.0),
        unobserved_ha: Some(0.0),
        coverage_area_ha: Some(1000.0),
        bound_low_ha: None,
        bound_high_ha: None,
    }
}

fn country(comparison: &Comparison, year: i32) -> &cocal::compare::TotalRow {
    comparison.totals.iter().find(|t| t.place_code == "CO" && t.year == year).unwrap()
}

#[test]
fn the_national_gross_gain_equals_the_published_accounts() {
    let (Some(census), Some(manual)) = (real_data(CENSUS), real_data(MANUAL)) else { return };
    // 2024 is not in the municipal table; 9,403 ha are the national figure, here as one event.
    let event = "fecha_hecho,cod_muni,tipo_de_cultivo,unidad,cantidad\n2024-06-01,52835,COCA,HECTAREA,9403\n";
    let events = File::new("events.csv", event);
    let codes: Vec<MunicipalityCode> = {
        let of = |path: &Path| read_record_file(path).unwrap().names.into_keys().collect::<Vec<_>>();
        let all: std::collections::BTreeSet<_> = of(&census).into_iter().chain(of(&manual)).collect();
        all.into_iter().collect()
    };
    let rows: Vec<MappedHectares> =
        codes.iter().flat_map(|c| (2019..=2024).map(move |year| mapped(c, year, 0.0))).collect();
    let census = read_census(&census).unwrap();
    let eradication = read_eradication(&[manual, events.path().to_owned()]).unwrap();
    let comparison = compare(&rows, &census, &eradication, &CompareOptions::default()).unwrap();
    // Municipal sums, exactly; and the published accounts, which are made of totals in whole hectares and so differ by
    // less than one.
    let expected = BTreeMap::from([
        (2019, ("80063.1974", 80_064.0)),
        (2020, ("118455.64891", 118_455.0)),
        (2021, ("164730.4978", 164_730.0)),
        (2022, ("94663.4562", 94_664.0)),
        (2023, ("42868.6728", 42_869.0)),
        (2024, ("18217.43", 18_217.0)),
    ]);
    for (year, (exact, published)) in expected {
        let gain = country(&comparison, year).gross_gain_ha.unwrap();
        assert_eq!(gain.to_string(), exact, "{year}");
        assert!((gain.to_f64() - published).abs() < 1.0, "{year}: {gain} against {published}");
    }
    assert_eq!(country(&comparison, 2020).census_total_ha.unwrap().to_string(), "142783.97");
}

#[test]
fn what_is_unknown_is_blank_and_says_why() {
    let (Some(census), Some(manual)) = (real_data(CENSUS), real_data(MANUAL)) else { return };
    let (census, eradication) = (read_census(&census).unwrap(), read_eradication(&[manual]).unwrap());
    let (tumaco, bogota, caguan) = (code("52835"), code("11001"), code("18753"));
    let mut unseen = mapped(&tumaco, 2020, 0.0);
    unseen.observed_share = Some(0.0);
    let mut cloudy = mapped(&caguan, 2020, 7.5);
    cloudy.observed_share = Some(0.4);
    let rows = [
        unseen,
        cloudy,
        mapped(&bogota, 2020, 3.0),
        mapped(&tumaco, 2025, 1.0),
        mapped(&tumaco, 2024, 1.0),
        mapped(&tumaco, 2010, 1.0),
        mapped(&tumaco, 2001, 1.0),
    ];
    let found = compare(&rows, &census, &eradication, &CompareOptions::default()).unwrap();
    let row =
        |c: &MunicipalityCode, year| found.rows.iter().find(|r| r.municipality_code == *c && r.year == year).unwrap();
    let unseen = row(&tumaco, 2020);
    assert_eq!((unseen.mapped_area_ha, unseen.difference_ha), (None, None));
    assert_eq!(unseen.census_ha.unwrap().to_string(), "8832.92");
    assert_eq!(unseen.flag.to_string(), "not_observed;spraying_not_recorded");
    assert_eq!(row(&caguan, 2020).flag.to_string(), "partly_observed;spraying_not_recorded");
    let bogota = row(&bogota, 2020);
    assert_eq!(
        (bogota.census_ha, bogota.difference_ha, bogota.change_ha, bogota.gross_gain_ha),
        (None, None, None, None)
    );
    assert!(bogota.flag.has(Flag::NotInCensus));
    let next = row(&tumaco, 2025);
    assert!(next.flag.has(Flag::CensusYearMissing) && next.flag.has(Flag::EradicationYearMissing));
    assert_eq!((next.census_ha, next.eradicated_ha_manual), (None, None));
    assert!(next.previous_census_ha.is_some());
    let last = row(&tumaco, 2024);
    assert!(last.flag.has(Flag::EradicationYearMissing) && last.gross_gain_ha.is_none() && last.change_ha.is_some());
    assert!(row(&tumaco, 2010).flag.has(Flag::PreviousCensusIncomplete));
    let first = row(&tumaco, 2001);
    assert!(first.flag.has(Flag::NoPreviousCensus) && first.flag.has(Flag::CensusTotalIncomplete));
    assert!(found.notes.iter().any(|n| n.contains("2020: the census has ")), "{:?}", found.notes);
}

#[test]
fn a_municipality_reaching_beyond_the_raster_is_flagged_and_not_held_against_the_null() {
    let census = File::new("census.csv", "municipality_code,year,census_ha\n52835,2019,100\n52835,2020,110\n");
    let manual = File::new("e.csv", "municipality_code,year,method,eradicated_ha\n52835,2020,manual,5\n");
    let (census, eradication) =
        (read_census(census.path()).unwrap(), read_eradication(&[manual.path().to_owned()]).unwrap());
    let options = |whole| CompareOptions {
        municipality_area_ha: Some(BTreeMap::from([(code("52835"), whole)])),
        ..CompareOptions::default()
    };
    let rows = [mapped(&code("52835"), 2020, 108.0)];
    let half = compare(&rows, &census, &eradication, &options(2000.0)).unwrap();
    assert!(half.rows[0].flag.has(Flag::PartlyCovered));
    assert_eq!((half.null.rows_used, half.null.closer), (0, None));
    let whole = compare(&rows, &census, &eradication, &options(1000.0)).unwrap();
    assert!(!whole.rows[0].flag.has(Flag::PartlyCovered));
    // |108 - 110| / 110 against |100 - 110| / 110.
    assert_eq!((whole.null.map_error_pct, whole.null.null_error_pct), (Some(1.82), Some(9.09)));
    assert_says(whole.null.sentence.as_ref().unwrap(), &["errs by 9.1 %, the map by 1.8 %", "the map is closer"]);
    assert_eq!(whole.rows[0].null_error_ha.unwrap().to_string(), "-10");
    assert_eq!(whole.rows[0].growth_pct, Some(10.0));
    assert_eq!(whole.rows[0].gross_gain_ha.unwrap().to_string(), "15");
}

const HECTARES: &str = "\
municipality_code,municipality_name,year,class,mapped_area_ha,observed_share,unobserved_ha,coverage_area_ha
05040,Anorí,2020,coca,2500.5,0.98,12,600
52835,Tumaco,2020,coca,8000,0.97,12,600
52835,Tumaco,2020,pasture,80,0.97,12,600
";

#[test]
fn the_command_writes_the_contract_s_columns_and_totals_beside_them() {
    let (Some(census), Some(manual)) = (real_data(CENSUS), real_data(MANUAL)) else { return };
    let hectares = File::new("hectares.csv", HECTARES);
    let out = hectares.path().with_file_name("comparison.csv");
    let run = |out: &Path, more: &[&str]| {
        let mut command = cocal();
        command.arg("compare").arg("--hectares").arg(hectares.path()).arg("--census").arg(&census);
        command.arg("--eradication").arg(&manual).arg("-o").arg(out).args(more).output().unwrap()
    };
    let done = run(&out, &["--json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), 2);
    assert_eq!(json["rows"][1]["difference_ha"], -832.92);
    for key in ["totals", "null", "notes"] {
        assert!(json.get(key).is_some(), "{key}");
    }
    let csv = std::fs::read_to_string(&out).unwrap();
    let mut lines = csv.lines();
    let contract = "municipality_code,municipality_name,year,class,mapped_area_ha,observed_share,unobserved_ha,coverage_area_ha,census_ha,difference_ha,previous_census_ha,eradicated_ha_manual,eradicated_ha_spraying,change_ha,growth_pct,gross_gain_ha,flag,";
    assert!(lines.next().unwrap().starts_with(contract));
    assert!(lines.next().unwrap().starts_with("05040,Anorí,2020,coca,2500.5,0.98,12,600,"), "{csv}");
    let totals = std::fs::read_to_string(out.with_file_name("comparison_totals.csv")).unwrap();
    assert_says(
        &totals,
        &["country,CO,Colombia,2020,2,10500.5,", ",142783.97", "department,05,Antioquia,2020,1,2500.5"],
    );
    let geojson = out.with_file_name("comparison.geojson");
    assert!(run(&geojson, &["--quiet"]).status.success());
    let features: serde_json::Value = serde_json::from_slice(&std::fs::read(&geojson).unwrap()).unwrap();
    assert_eq!(features["features"][0]["properties"]["municipality_code"], "05040");
    assert_eq!(features["features"][0]["id"], "05040-2020");
    let wrong = run(&out.with_file_name("comparison.txt"), &[]);
    assert_eq!(wrong.status.code(), Some(2));
    let no_year = run(&out, &["--year", "1999"]);
    assert_eq!(no_year.status.code(), Some(1));
    assert_says(&String::from_utf8_lossy(&no_year.stderr), &["no row in the years asked for (1999)"]);
}

#[test]
fn bad_hectares_and_swapped_files_are_refused() {
    let (Some(census), Some(manual)) = (real_data(CENSUS), real_data(MANUAL)) else { return };
    let stderr = |hectares: &str, census: &Path, eradication: &Path| {
        let file = File::new("hectares.csv", hectares);
        let out = file.path().with_file_name("c.csv");
        let mut command = cocal();
        command.arg("compare").arg("--hectares").arg(file.path()).arg("--census").arg(census);
        let done = command.arg("--eradication").arg(eradication).arg("-o").arg(&out).output().unwrap();
        assert_eq!(done.status.code(), Some(1));
        assert!(!out.exists(), "nothing is written");
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    assert_says(&stderr(HECTARES, &manual, &manual), &["is not a census", "eradication"]);
    assert_says(&stderr(HECTARES, &census, &census), &["is not a table of eradication"]);
    let bad = HECTARES.replace("2500.5", "2.500,5x");
    assert_says(&stderr(&bad, &census, &manual), &["line 2", "fields"]);
    let bad = HECTARES.replace("2500.5", "many");
    assert_says(&stderr(&bad, &census, &manual), &["line 2, column mapped_area_ha: 'many'"]);
    let bad = HECTARES.replace("mapped_area_ha", "area");
    assert_says(&stderr(&bad, &census, &manual), &["missing column: mapped_area_ha"]);
    let bad = HECTARES.replace("pasture", "coca");
    assert_says(&stderr(&bad, &census, &manual), &["52835 in 2020, class 'coca', is there twice"]);
    let bad = HECTARES.replace("coca", "forest");
    assert_says(&stderr(&bad, &census, &manual), &["none of the classes forest, pasture is coca"]);
}

/// Each further record has its column, its total, and its file, edition and line.
#[test]
fn further_records_stand_beside_with_their_sources() {
    let census = File::new("census.csv", "municipality_code,year,census_ha\n52835,2020,100\n52835,2021,110\n");
    let by_method = "municipality_code,year,method,eradicated_ha\n52835,2021,forced_manual,5\n52835,2021,voluntary,2\n";
    let hand = File::new("eradication.csv", by_method);
    let air = File::new("air.csv", "CODMPIO,MUNICIPIO,2021\n52835,TUMACO,3\n");
    let pnis = File::new("p.csv", "CODMPIO,MUNICIPIO,2021\n52835,TUMACO,4\n");
    let seized = "municipality_code,municipality_name,year,product,kg\n52835,TUMACO,2021,leaf,70\n00,INTERNACIONAL,2021,cocaine,900\n52001,PASTO,2021,cocaine,8\n";
    let seized = File::new("seized.csv", seized);
    let prices = File::new("prices.csv", "year,product,price,unit\n2021,leaf,3500,COP/kg\n");
    let mapped = "municipality_code,year,class,mapped_area_ha\n52835,2021,coca,105\n";
    let mapped = File::new("hectares.csv", mapped);
    let out = mapped.path().with_file_name("comparison.csv");
    let mut command = cocal();
    command.arg("compare").arg("--hectares").arg(mapped.path()).arg("--census").arg(census.path());
    command.arg("--eradication").arg(hand.path()).arg("--spraying").arg(air.path());
    command.arg("--substitution").arg(pnis.path()).arg("--seizures").arg(seized.path());
    let done = command.arg("--prices").arg(prices.path()).arg("-o").arg(&out).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

    let cells = |name: &str| {
        let mut reader = csv::Reader::from_path(out.with_file_name(name)).unwrap();
        let header = reader.headers().unwrap().clone();
        let first = reader.records().next().unwrap().unwrap();
        header.iter().map(str::to_owned).zip(first.iter().map(str::to_owned)).collect::<BTreeMap<_, _>>()
    };
    let row = cells("comparison.csv");
    for (column, value) in [
        ("eradicated_ha_manual", "5"),
        ("eradicated_ha_spraying", "3"),
        ("eradicated_ha_forced_manual", "5"),
        ("eradicated_ha_voluntary", "2"),
        ("substituted_ha", "4"),
        ("seized_leaf_kg", "70"),
        ("seized_cocaine_kg", "0"),
        ("leaf_price", "3500"),
        // 10 + 5 + 2 + 3; what was substituted is in no sum.
        ("gross_gain_ha", "20"),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    let country = cells("comparison_totals.csv");
    for (column, value) in [
        ("gross_gain_ha", "20"),
        ("substituted_ha", "4"),
        ("seized_cocaine_kg", "0"),
        ("seized_cocaine_kg_whole_country", "8"),
        ("seized_cocaine_kg_abroad", "900"),
        ("leaf_price", "3500"),
    ] {
        assert_eq!(country[column], value, "{column}");
    }
    let sources = std::fs::read_to_string(out.with_file_name("comparison_sources.csv")).unwrap();
    let eradication = hand.path().display().to_string();
    assert_says(
        &sources,
        &[
            &format!("52835,2021,eradicated_ha_voluntary,2,{eradication},covers 2021,3"),
            "52835,2020,census_ha,100,",
            "INTERNACIONAL,2021,seized_cocaine_kg,900,",
            "leaf_price,3500,",
        ],
    );
    assert!(!sources.contains("52001"), "a municipality that is in no row has no source: {sources}");
    let notes = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_says(&notes, &["substituted_ha is in no sum", "prices are of leaf in COP/kg"]);
}

/// Two squares that share a side, and a third beside the second: what happened around a municipality stands beside it.
#[test]
fn neighbours_are_those_that_share_a_border() {
    let square = |code: &str, west: f64| {
        let (w, e) = (west, west + 0.1);
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[[[{w},1],[{e},1],[{e},1.1],[{w},1.1],[{w},1]]]}}}}"#
        )
    };
    let ground = [square("52001", -77.0), square("52002", -76.9), square("52003", -76.8)].join(",");
    let ground = File::new("m.geojson", format!(r#"{{"type":"FeatureCollection","features":[{ground}]}}"#));
    let census = "municipality_code,year,census_ha\n52001,2020,100\n52001,2021,90\n52002,2020,10\n52002,2021,25\n52003,2020,1\n52003,2021,2\n";
    let census = File::new("census.csv", census);
    let manual = "municipality_code,year,method,eradicated_ha\n52001,2021,manual,40\n52003,2021,manual,3\n";
    let manual = File::new("e.csv", manual);
    let mapped = "municipality_code,year,class,mapped_area_ha\n52001,2021,coca,5\n52002,2021,coca,5\n";
    let mapped = File::new("hectares.csv", mapped);
    let out = mapped.path().with_file_name("comparison.csv");
    let run = |more: &[&std::ffi::OsStr]| {
        let mut command = cocal();
        command.arg("compare").arg("--hectares").arg(mapped.path()).arg("--census").arg(census.path());
        command.arg("--eradication").arg(manual.path()).arg("--boundaries-neighbours").args(more);
        command.arg("-o").arg(&out).output().unwrap()
    };
    let done = run(&[
        "auto".as_ref(),
        "--municipalities".as_ref(),
        ground.path().as_os_str(),
        "--code-field".as_ref(),
        "code".as_ref(),
    ]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_says(&String::from_utf8_lossy(&done.stderr), &["2 pairs of 3 municipalities share a border"]);
    let read = || {
        let mut reader = csv::Reader::from_path(&out).unwrap();
        let header = reader.headers().unwrap().clone();
        let at = |name: &str| header.iter().position(|h| h == name).unwrap();
        let (eradicated, change) = (at("neighbours_eradicated_ha"), at("neighbours_change_ha"));
        reader
            .records()
            .map(|r| r.unwrap())
            .map(|r| [r[eradicated].to_owned(), r[change].to_owned()])
            .collect::<Vec<_>>()
    };
    assert_eq!(read(), [["0", "15"], ["43", "-9"]]);
    let pairs = File::new("pairs.csv", "municipality_code,neighbour_code\n52001,52003\n");
    assert!(run(&[pairs.path().as_os_str()]).status.success());
    assert_eq!(read(), [["3", "1"], ["", ""]], "who has no known neighbour has a blank");
    assert_eq!(run(&["auto".as_ref()]).status.code(), Some(2));
}
