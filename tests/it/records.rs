//! Tests of records: the real tables to their last digit, and each bad input.

use std::path::{Path, PathBuf};

use cocal::io::read_records::{read_census, read_eradication, read_record_file};
use cocal::records::{Kind, Method};
use cocal::territory::MunicipalityCode;

use super::data::{cocal, real_data};

pub(super) const CENSUS: &str = "census/simci_coca_ha_municipio_2001_2024_wide.csv";
pub(super) const MANUAL: &str = "eradication/saragarcia02_err_manual.csv";
pub(super) const SPRAYING: &str = "eradication/saragarcia02_err_aerea.csv";

pub(super) fn code(text: &str) -> MunicipalityCode {
    MunicipalityCode::parse(text).unwrap()
}

/// A file of its own folder, which lives as long as the value.
pub(super) struct File {
    _folder: tempfile::TempDir,
    pub(super) path: PathBuf,
}

impl File {
    pub(super) fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        Self { _folder: folder, path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

pub(super) fn error_of(name: &str, content: impl AsRef<[u8]>) -> String {
    read_record_file(File::new(name, content).path()).unwrap_err().to_string()
}

pub(super) fn check_json(files: &[&Path]) -> (serde_json::Value, bool) {
    let output = cocal().args(["records", "check", "--json"]).args(files).output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.success())
}

pub(super) fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "'{part}' is not in: {text}");
    }
}

#[test]
fn the_census_sums_to_the_last_digit_in_each_of_its_forms() {
    let forms =
        [CENSUS, "census/simci_coca_ha_municipio_2001_2024_long.csv", "census/datosgov_raw_format_recreated.csv"];
    for form in forms {
        let Some(path) = real_data(form) else { return };
        let (json, ok) = check_json(&[&path]);
        assert!(ok);
        let file = &json["files"][0];
        assert_eq!(file["kind"], "census");
        assert_eq!(file["municipalities"], 319);
        let sums = file["sum_by_year"].to_string();
        assert_says(&sums, &["\"2001\":136918.08", "\"2020\":142783.97,", "\"2022\":230027.62,", "\"2024\":261386.17"]);
        let notes = file["notes"].to_string();
        assert_says(&notes, &["2001 does not add up", "-5.4 %", "2009 does not add up", "-7.0 %", "144,807", "94663"]);
        assert_eq!(notes.matches("does not add up").count(), 2);
    }
}

#[test]
fn the_json_of_a_check_has_exactly_the_fields_of_the_contract() {
    let file = File::new("t.csv", "municipality_code,year,census_ha\n05001,2020,1.5\n");
    let (json, _) = check_json(&[file.path()]);
    let keys: Vec<&String> = json["files"][0].as_object().unwrap().keys().collect();
    let mut expected = ["path", "kind", "rows", "municipalities", "sum_by_year", "notes"];
    expected.sort_unstable();
    assert_eq!(keys, expected);
}

#[test]
fn tumaco_is_read_from_the_european_column_of_the_raw_export() {
    let Some(path) = real_data("census/datosgov_raw_format_recreated.csv") else { return };
    let census = read_census(&path).unwrap();
    assert_eq!(census.stock(&code("52835"), 2020).unwrap().to_string(), "8832.92");
    assert!(census.notes.iter().any(|n| n.contains("column 2020 has decimal commas")), "{:?}", census.notes);
}

#[test]
fn renamed_files_are_recognised() {
    for (file, kind) in [(CENSUS, Kind::Census), (MANUAL, Kind::Eradication), (SPRAYING, Kind::Spraying)] {
        let Some(path) = real_data(file) else { return };
        let renamed = File::new("incautaciones.csv", std::fs::read(path).unwrap());
        let read = read_record_file(renamed.path()).unwrap();
        assert_eq!(read.kind, kind, "{file}");
        assert!(read.why.contains("although its name suggests seizures"), "{}", read.why);
    }
    for file in ["eradication/saragarcia02_inc_cc.csv", "eradication/saragarcia02_inc_hc.csv"] {
        let Some(path) = real_data(file) else { return };
        let renamed = File::new("x.csv", std::fs::read(path).unwrap());
        assert_eq!(read_record_file(renamed.path()).unwrap().kind, Kind::Seizures, "{file}");
    }
}

#[test]
fn seizures_list_what_was_seized_abroad_and_do_not_add_it() {
    let Some(path) = real_data("eradication/saragarcia02_inc_cc.csv") else { return };
    let file = read_record_file(&path).unwrap();
    // National 1999: 43,632.7175 kg, of which 14,213.5 international.
    assert_eq!(file.sum_by_year()[&1999].to_string(), "29419.2175");
    let notes = file.notes.join("\n");
    assert_says(&notes, &["'INTERNACIONAL' (code '00')", "2,277,898.258 kg", "52240"]);
}

#[test]
fn eradication_sums_equal_the_official_figures() {
    let (Some(manual), Some(spraying)) = (real_data(MANUAL), real_data(SPRAYING)) else { return };
    let eradication = read_eradication(&[manual, spraying]).unwrap();
    let total = |method, year| eradication.total(method, year).map(|t| t.to_f64().round());
    assert_eq!(total(Method::Manual, 2020), Some(130_147.0));
    assert_eq!(total(Method::Manual, 2021), Some(103_257.0));
    assert_eq!(total(Method::Spraying, 2006), Some(172_025.0));
    assert_eq!(total(Method::Spraying, 2012), Some(100_549.0));
    assert_eq!(total(Method::Spraying, 2016), None, "a year without a table is unknown, not zero");
    assert_eq!(eradication.flow(Method::Manual, &code("11001"), 2020).map(|f| f.to_f64()), Some(0.0));
}

#[test]
fn tables_that_are_not_municipal_are_refused_and_the_others_still_reported() {
    let cases = [
        ("census/national_series_unodc_us_eradication_seizures.csv", "national series"),
        ("census/simci_national_totals_2001_2024.csv", "national series"),
        ("census/simci_coca_ha_departamento_2001_2024.csv", "table of departments"),
        ("census/arangoe036_model_vs_official_catatumbo_2021.csv", "model's figures against official"),
    ];
    for (file, looks_like) in cases {
        let (Some(path), Some(census)) = (real_data(file), real_data(CENSUS)) else { return };
        let (json, ok) = check_json(&[&path, &census]);
        assert!(!ok);
        assert_says(json["files"][0]["error"].as_str().unwrap(), &[looks_like, "municipality codes"]);
        assert_eq!(json["files"][1]["kind"], "census");
    }
}

#[test]
fn events_are_summed_in_hectares_of_coca_and_never_counted() {
    let events = "\
FECHA HECHO;COD_DEPTO;DEPARTAMENTO;COD_MUNI;MUNICIPIO;TIPO DE CULTIVO;UNIDAD;CANTIDAD
31/05/2020;05;ANTIOQUIA;05040;ANORÍ;COCA;HECTAREA;1,25
2020-06-01T00:00:00.000;05;ANTIOQUIA;5040;ANORÍ;COCA;HECTÁREAS;2,5
2020-06-02;05;ANTIOQUIA;05040;ANORÍ;AMAPOLA;HECTAREA;7
2020-06-03;05;ANTIOQUIA;05040;ANORÍ;COCA;PLANTAS;34500
2021-01-03;52;NARIÑO;52835;TUMACO;COCA;HECTAREA;4
";
    let file = File::new("x.csv", events);
    let (json, ok) = check_json(&[file.path()]);
    let report = &json["files"][0];
    assert!(ok);
    assert_eq!((&report["kind"], &report["rows"], &report["municipalities"]), (&"events".into(), &5.into(), &2.into()));
    assert_eq!(report["sum_by_year"].to_string(), "{\"2020\":3.75,\"2021\":4.0}");
    assert_says(
        &report["notes"].to_string(),
        &[
            "'AMAPOLA'",
            "not coca",
            "'PLANTAS' (34,500 in all) are not hectares",
            "leading zero",
            "semicolons",
            "2021-01-03",
        ],
    );
}

#[test]
fn the_same_hectares_given_twice_are_refused() {
    let events = "fecha_hecho,cod_muni,tipo_de_cultivo,unidad,cantidad\n2020-06-01,05040,COCA,ha,9\n";
    let long = "municipality_code,municipality_name,year,method,eradicated_ha\n05040,ANORI,2020,manual,9\n05040,ANORI,2020,spraying,1\n";
    let (a, b) = (File::new("events.csv", events), File::new("eradication.csv", long));
    let error = read_eradication(&[a.path().to_owned(), b.path().to_owned()]).unwrap_err().to_string();
    assert_says(&error, &["line 2", "manual of 05040 in 2020", "events.csv", "count twice"]);
    let one = read_eradication(&[b.path().to_owned()]).unwrap();
    assert_eq!(one.flow(Method::Manual, &code("05040"), 2020).unwrap().to_string(), "9");
    assert_eq!(one.flow(Method::Spraying, &code("05040"), 2020).unwrap().to_string(), "1");
}

#[test]
fn a_copied_seizure_series_is_noted() {
    let leaf = File::new("inc_hc.csv", "CODMPIO,MUNICIPIO,2004,2005,2006\n05040,A,5,7.25,8\n52835,T,1,2,3\n");
    let base = File::new("inc_pbc.csv", "CODMPIO,MUNICIPIO,2004,2005,2006\n05040,A,6,7.25,8\n52835,T,1,2,3\n");
    let (json, _) = check_json(&[leaf.path(), base.path()]);
    for file in 0..2 {
        assert_says(&json["files"][file]["notes"].to_string(), &["from 2005 to 2006 every yearly sum equals"]);
    }
}

#[test]
fn bad_tables_name_file_line_and_column() {
    let long = "municipality_code,year,census_ha\n";
    assert_says(&error_of("a.csv", ""), &["a.csv", "is empty"]);
    assert_says(&error_of("a.csv", "municipality_code\n05001\n"), &["single column"]);
    assert_says(&error_of("a.csv", "municipality_code,census_ha\n05001,2\n"), &["missing column: years"]);
    assert_says(&error_of("a.csv", "municipality_code,year,other\n05001,2020,2\n"), &["missing column: the figures"]);
    assert_says(&error_of("a.csv", format!("{long}05001,2020,12x\n")), &["a.csv, line 2, column census_ha: '12x'"]);
    assert_says(&error_of("a.csv", format!("{long}05001,2020,NaN\n")), &["'NaN' is not a number"]);
    assert_says(&error_of("a.csv", format!("{long}05001,2020,-3\n")), &["line 2", "-3 is negative"]);
    assert_says(&error_of("a.csv", format!("{long}05001,20,3\n")), &["column year: '20'"]);
    let twice = format!("{long}05001,2020,3\n52835,2020,1\n5001,2020,4\n");
    assert_says(&error_of("a.csv", twice), &["line 4", "05001 in 2020 is already on line 2"]);
    let wide_twice = "CODMPIO,MUNICIPIO,2020\n05001,A,1\n05001,A,1\n";
    assert_says(&error_of("censo.csv", wide_twice), &["line 3", "municipality 05001 is already on line 2"]);
    assert_says(&error_of("a.csv", format!("{long}05001,2020,8,5\n")), &["line 2: 4 fields where the header has 3"]);
    let mixed = format!("{long}05001,2020,\"8,5\"\n05002,2020,8.5\n");
    assert_says(&error_of("a.csv", mixed), &["'8.5' (line 3)", "'8,5' (line 2)"]);
    assert_says(
        &error_of("a.csv", format!("{long}05001,2020,1.234\n")),
        &["line 2", "'1.234' may be a decimal or a thousand"],
    );
    assert_says(&error_of("a.csv", long), &["no rows"]);
    assert_says(&error_of("a.csv", "CODMPIO,2020,2020\n05001,1,2\n"), &["column '2020' appears twice"]);
    assert_says(&error_of("a.csv", "CODMPIO,2020\n05001,1\n"), &["cannot tell what these figures are"]);
    let event = "fecha_hecho,cod_muni,tipo_de_cultivo,unidad,cantidad\nyesterday,05001,COCA,ha,1\n";
    assert_says(&error_of("a.csv", event), &["line 2, column fecha_hecho: 'yesterday' is not a date"]);
    let poppy = "fecha_hecho,cod_muni,tipo_de_cultivo,unidad,cantidad\n2020-01-02,05001,AMAPOLA,ha,1\n2020-01-03,05001,AMAPOLA,ha,1\n";
    assert_says(
        &error_of("a.csv", poppy),
        &["none of its 2 rows can be used", "line 2: the crop is 'AMAPOLA', not coca"],
    );
    let method = "municipality_code,year,method,eradicated_ha\n05001,2020,magic,1\n";
    assert_says(&error_of("a.csv", method), &["line 2, column method: 'magic'"]);
    let missing = read_record_file(Path::new("no/such.csv")).unwrap_err().to_string();
    assert_says(&missing, &["cannot read no/such.csv"]);
}

#[test]
fn an_ambiguous_figure_is_read_as_its_column_is_written() {
    let text = "municipality_code;year;census_ha\n05001;2020;1.234\n05002;2020;8.832,92\n";
    let file = File::new("a.csv", text);
    let census = read_census(file.path()).unwrap();
    assert_eq!(census.stock(&code("05001"), 2020).unwrap().to_string(), "1234");
    assert_says(&census.notes.join("\n"), &["'1.234' (line 2; 1 such figures)", "decimal comma"]);
}

#[test]
fn latin_1_exports_keep_their_names() {
    let file = File::new("a.csv", b"CODMPIO,MUNICIPIO,year,coca_ha\n19100,BOL\xcdVAR,2020,5\n");
    let read = read_record_file(file.path()).unwrap();
    assert_eq!(read.names[&code("19100")], "BOLÍVAR");
    assert_says(&read.notes.join("\n"), &["Windows-1252"]);
}

#[test]
fn rows_that_are_no_municipality_are_listed_and_a_blank_year_is_not_zero() {
    let text = "CODMPIO,MUNICIPIO,2019,2020,2021\n05001,A,1,2,\n05000,ANTIOQUIA,1,2,\n,TOTAL,1,2,\n";
    let file = File::new("censo.csv", text);
    let read = read_record_file(file.path()).unwrap();
    assert_eq!(read.sum_by_year().len(), 2);
    assert_eq!(read.sum_by_year()[&2020].to_string(), "2");
    assert_says(
        &read.notes.join("\n"),
        &["'TOTAL' (code '')", "'ANTIOQUIA' (code '05000')", "column 2021 holds no figure"],
    );
}
