//! What is withheld stays so: by totals, by ground that nobody saw, by estimates.

use serde_json::{Value, json};

use super::outdir::{OutDir, lots, write_mask};

/// One lot in the west and a single municipality with coca: the total of all is withheld.
fn one_lot() -> OutDir {
    let case = OutDir::new();
    write_mask(&case.path("out/mask/coca_2024.tif"), |row, col| match (row, col) {
        (20, 20) => 1,
        (0..50, 0..50) => 0,
        _ => 255,
    });
    case
}

#[test]
fn a_cell_that_nobody_saw_is_no_company() {
    let case = OutDir::new();
    // West: a cell with 2 lots and one with 7 were seen whole; of another nothing but three lots, less than a hectare. Were its
    // ground room enough, these five lots would hide each other, and the cell with 7 would be shown.
    write_mask(&case.path("out/mask/coca_2024.tif"), |row, col| match (row, col) {
        (0..100, 0..50) | (_, 125..) => u8::from(lots().contains(&(row, col))),
        (110..112, 60..62 | 70..72 | 80..82) => 1,
        _ => 255,
    });
    case.publishes(&[]);
    let cells = case.cells();
    let shown = |cell: &str| cells[&(cell.to_owned(), "2024".to_owned())][4] == "no";
    assert!(!shown("1kmN2001E5000") && !shown("1kmN2002E5000") && !shown("1kmN2000E5001"), "{cells:?}");
    assert_eq!(case.leaks(&[]), []);
}

#[test]
fn the_checker_takes_no_unseen_cell_for_company() {
    let case = OutDir::published();
    let complement = "1kmN2000E5002,2024,1.000000,100.1602,,,yes";
    case.replace("public/cells.csv", complement, "1kmN2000E5002,2024,1.000000,100.1602,6,0.9615,no");
    std::fs::remove_file(case.path("public/cells.geojson")).unwrap();
    assert_eq!(case.leaks(&[]), [], "three empty cells of the west could hold the rest");
    for cell in ["1kmN2000E5001", "1kmN2001E5002", "1kmN2002E5002"] {
        case.replace(
            "public/cells.csv",
            &format!("{cell},2024,1.000000,100.1602,,,yes"),
            &format!("{cell},2024,0.000000,100.1602,,,yes"),
        );
    }
    assert!(case.leaks(&[]).iter().any(|(rule, _)| rule == "revealed_cell"));
}

#[test]
fn estimates_of_a_withheld_total_stay() {
    let case = one_lot();
    let assessment = json!({"year": 2024, "estimator": "stratified", "n": 40, "notes": ["from units.csv of /home/ana/coca", "by ana.gomez@ejemplo.gov.co"], "overall_accuracy": 0.9,
        "classes": [{"name": "coca", "mapped_area_ha": 0.0401, "adjusted_area_ha": 0.05, "standard_error_ha": 0.01, "users_accuracy": 0.9, "producers_accuracy": 0.7}]});
    case.write("out/assessment_2024.json", &assessment.to_string());
    let report = case.publishes(&[]);
    assert_eq!(report["withheld_municipalities"], json!([["05001", 2024]]), "{report}");
    let kept: Value = serde_json::from_str(&case.text("public/assessment_2024.json")).unwrap();
    assert_eq!(kept, json!({"year": 2024, "estimator": "stratified", "n": 40, "notes": ["from units.csv of coca"]}));
    case.write("public/assessment_2024.json", &assessment.to_string());
    assert!(case.leaks(&[]).iter().any(|(rule, _)| rule == "revealing_figure"));
}

#[test]
fn a_difference_over_a_withheld_municipality_leaves_nowhere() {
    let case = OutDir::published();
    let none = "\"withheld_municipalities\": []";
    let one = "\"withheld_municipalities\": [{\"municipality_code\": \"05009\", \"year\": 2024}]";
    case.replace("public/publication.json", none, one);
    assert_eq!(case.leaks(&[]), []);
    let found = |name: &str, text: &str| {
        case.write(name, text);
        let found = case.leaks(&[]);
        std::fs::remove_file(case.path(name)).unwrap();
        found.iter().any(|(rule, _)| rule == "revealing_figure")
    };
    let totals = "level,place_code,year,census_ha,difference_ha\n";
    assert!(found("public/t.csv", &format!("{totals}department,05,2024,3,1.5\n")));
    assert!(found("public/t.csv", &format!("{totals}country,CO,2024,3,1.5\n")));
    assert!(!found("public/t.csv", &format!("{totals}department,06,2024,3,1.5\ncountry,CO,2023,3,1.5\n")));
    let page = json!({"years": [2024], "places": [], "figures": {}, "totals": [{"code": "05"}], "total_figures": {"difference_ha": [1.5]}});
    assert!(found("public/t.json", &page.to_string()));
}

#[test]
fn rows_without_a_year_and_of_departments_are_looked_at() {
    let case = OutDir::published();
    for (list, place) in [
        ("withheld_municipalities", "{\"municipality_code\": \"05009\", \"year\": 2024}"),
        ("withheld_departments", "{\"department\": \"07\", \"year\": 2024}"),
        ("withheld_totals", "2022"),
    ] {
        case.replace("public/publication.json", &format!("\"{list}\": []"), &format!("\"{list}\": [{place}]"));
    }
    let found = |text: &str| {
        case.write("public/t.csv", text);
        case.leaks(&[]).iter().any(|(rule, _)| rule == "revealing_figure")
    };
    let change = "municipality_code,class,before_ha,after_ha,change_ha\n";
    assert!(found(&format!("{change}05009,coca,1,2,1\n")));
    assert!(found(&format!("{change},coca,1,2,1\n")), "all the ground, in a year of which the total is withheld");
    assert!(!found(&format!("{change}05001,coca,1,2,1\n05009,coca,,,\n")));
    let totals = "level,place_code,year,mapped_area_ha\n";
    assert!(found(&format!("{totals}department,07,2024,3\n")));
    assert!(found(&format!("{totals}country,CO,2022,3\n")));
    assert!(!found(&format!("{totals}department,07,2023,3\n")));
}

/// Without a comparison the report is made of the published hectares, blank where they are withheld.
#[test]
fn hectares_alone_are_published_with_a_withheld_municipality() {
    let case = one_lot();
    for name in ["comparison.csv", "comparison_totals.csv"] {
        std::fs::remove_file(case.path("out").join(name)).unwrap();
    }
    let head = "municipality_code,municipality_name,year,class,mapped_area_ha,observed_share,unobserved_ha\n";
    case.write(
        "out/hectares.csv",
        &format!("{head}05001,A,2024,coca,0.0401,0.1,650\n05001,A,2024,forest,9,0.1,650\n05002,B,2024,coca,0,0,700\n"),
    );
    let report = case.publishes(&[]);
    assert_eq!(report["withheld_municipalities"], json!([["05001", 2024]]));
    assert!(case.text("public/hectares.csv").contains("05001,A,2024,coca,,0.1,650"));
    assert_eq!(case.leaks(&[]), []);
}

/// An account that is called like a word of the files is not named by them.
#[test]
fn an_account_called_census_publishes() {
    let case = OutDir::new();
    let mut command = crate::data::cocal();
    command.current_dir(case.0.path()).env("USER", "census").env("HOSTNAME", "country");
    let done = command.args(["publish", "out", "-o", "public"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
