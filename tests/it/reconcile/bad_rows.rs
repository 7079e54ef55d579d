//! Event files with faults: every row stays and says why, and a file without a usable row is refused.

use super::Case;

#[test]
fn bad_rows_are_kept_and_told_with_their_lines() {
    let case = Case::new();
    let events = "id;fecha;codmpio;metodo;cultivo;cantidad;unidad;longitud;latitud
a;2021-05-31;52835;forzosa;COCA;1,5;Hectáreas;-74,998;1,808
b;31/05/2021;52835;forzosa;COCA;12.000;m2;-74,998;1,808
c;2021-05-31T00:00:00;52835;forzosa;COCA;900;plantas;-74,998;1,808
d;01/02/2021;94663;manual;COCA;2;ha;-74,998;1,808
e;2021-05-31;52835;manual;COCA;-2;ha;-74,998;1,808
f;2021-05-31;52835;manual;COCA;6.000;ha;-74,998;1,808
g;2021-05-31;52835;manual;AMAPOLA;2;ha;-74,998;1,808
h;2021-05-31;52835;manual;COCA;2;ha;;
i;mañana;nada;magia;COCA;2;ha;-74,998;1,808
j;2005-05-31;19300;manual;COCA;2;ha;-74,998;1,808
";
    case.write("events.csv", events);
    let (_, notes) = case.run("events.csv", "r.csv", &[], 0);
    for part in [
        "unusable, a quantity in plants: 1 (line 4)",
        "unusable, hectares of zero or less: 1 (line 6)",
        "unusable, more hectares than an event can have: 1 (line 7)",
        "unusable, another crop than coca: 1 (line 8)",
        "unusable, no place: 1 (line 9)",
        "unusable, no date: 1 (line 10)",
        "without a method that is known, kept apart as 'not_stated': 1 (line 10)",
        "without a municipality code, kept apart in the totals: 1 (line 10)",
        "codes that are no longer in use, kept as they are: 1 (line 5)",
        "codes of municipalities that did not exist on that day, kept as they are: 1 (line 11)",
        "quantities converted into hectares: 1 (line 3)",
    ] {
        assert!(notes.contains(part), "{part} is missing in\n{notes}");
    }
    let rows = case.rows("r.csv");
    assert_eq!(rows.len(), 10, "no row is dropped");
    assert!(rows[9]["why"].contains("its ground was part of 19142 Caloto"), "{}", rows[9]["why"]);
    assert_eq!((rows[1]["reported_ha"].as_str(), rows[3]["date"].as_str()), ("1.2", "2021-02-01"));
    assert!(rows[1]["why"].contains("converted from 12.000 square metres"));
    assert_eq!((rows[0]["footprint"].as_str(), rows[0]["polygon_ha"].as_str()), ("circle", ""));
    assert_eq!((rows[4]["reported_ha"].as_str(), rows[8]["why"].contains("'mañana' is no date")), ("-2", true));
    // b lies within a, on the same day; d was earlier and holds both.
    assert_eq!([0, 1, 3].map(|i| rows[i]["counted_twice_ha"].as_str()), ["1.5", "1.2", "0"]);
    assert_eq!(rows[1]["twice_with"], "a d");
}

/// What is said of a place must not be the place: `why` stands in outputs that are meant to leave.
#[test]
fn reasons_hold_no_coordinates() {
    let case = Case::new();
    let rows = "fecha,ha,wkt\n2021-05-31,1,SRID=4326;POINT(-74.9981 1.8081)\n2021-05-31,1,POINT(-74.9981\n2021-05-31,1,POINT(302123.57 298456.91)\n2021-05-31,1,POINT(-74.998 1.808)\n";
    case.write("events.csv", rows);
    let (_, notes) = case.run("events.csv", "r.geojson", &[], 0);
    let written = std::fs::read_to_string(case.path("r.geojson")).unwrap();
    for figure in ["74.9981", "1.8081", "302123", "298456"] {
        assert!(!written.contains(figure) && !notes.contains(figure), "{figure} is in\n{written}\n{notes}");
    }
    assert!(written.contains("no place in") && written.contains("SRID="), "{written}");
}

#[test]
fn files_that_cannot_be_used_stop_with_their_reason() {
    let case = Case::new();
    let refused = |text: &str, code: i32| {
        case.write("events.csv", text);
        case.run("events.csv", "r.csv", &[], code).1
    };
    let poppy = refused("fecha,cultivo,ha,lon,lat\n2021-05-31,AMAPOLA,1,-74.998,1.808\n", 1);
    assert!(poppy.contains("none of its 1 rows is coca (the first is 'AMAPOLA')"), "{poppy}");
    let undated = refused("fecha,ha,lon,lat\n?,1,-74.998,1.808\nx,1,,\n", 1);
    assert!(
        undated.contains("none of its 2 rows can be used: no date: 2 (lines 2, 3); no place: 1 (line 3)"),
        "{undated}"
    );
    let unplaced = refused("fecha,ha,municipio\n2021-05-31,1,Tumaco\n", 1);
    assert!(unplaced.contains("has no places") && unplaced.contains("fecha, ha, municipio"), "{unplaced}");
    let unmeasured = refused("fecha,lon,lat\n2021-05-31,-74.998,1.808\n", 1);
    assert!(unmeasured.contains("no column for the quantity"), "{unmeasured}");
    let apart = refused("fecha,ha,lon,lat\n2021-05-31,1,-70.5,6.5\n", 1);
    assert!(apart.contains("no record touches a mask") && apart.contains("-75.000"), "{apart}");
    assert!(!case.path("r.csv").exists() && !case.path("r_totals.csv").exists());
    let good = "fecha,ha,lon,lat\n2021-05-31,1,-74.998,1.808\n";
    case.write("events.csv", good);
    let mask = format!("2020={}", case.path("2020.tif").display());
    let usage = |more: &[&str]| case.run_with(&[&["--records", "events.csv"], more].concat(), 2).1;
    assert!(usage(&["-o", "r.csv"]).contains("--mask"));
    assert!(usage(&["--mask", "2020", "-o", "r.csv"]).contains("YEAR=RASTER"));
    assert!(usage(&["--mask", "2020-13-01=x.tif", "-o", "r.csv"]).contains("YEAR=RASTER"));
    assert!(usage(&["--mask", &mask, "-o", "r.txt"]).contains(".csv or .geojson"));
    let over = case.run("events.csv", "events.csv", &[], 1).1;
    assert!(over.contains("is an input"), "{over}");
    assert_eq!(case.read("events.csv"), good);
}
