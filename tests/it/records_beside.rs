//! Records beside the census: events row by row, methods, splits, seizures, national series.

use cocal::io::read_records::{read_eradication, read_record_file};
use cocal::records::Method;

use super::data::cocal;
use super::records::{File, assert_says, check_json, code};

/// Each row of events that cannot be used is listed with its line, and the sums hold the others.
#[test]
fn bad_events_are_listed_row_by_row_and_lose_nothing_else() {
    let events = "\
fecha_hecho,cod_muni,municipio,tipo_de_cultivo,unidad,cantidad,modalidad
2020-05-31,52835,TUMACO,COCA,HECTAREA,1.5,ERRADICACION FORZOSA
31/05/2020,52835,TUMACO,COCA,m2,25000,VOLUNTARIA PNIS
2020-06-01T00:00:00.000,52835,TUMACO,COCA,ha,2,ASPERSION CON DRONES
2020-06-02,52835,TUMACO,COCA,PLANTAS,34500,MANUAL
2020-06-03,52835,TUMACO,COCA,ha,-4,MANUAL
soon,52835,TUMACO,COCA,ha,4,MANUAL
2020-06-05,,SIN LUGAR,COCA,ha,4,MANUAL
2020-06-06,52835,TUMACO,AMAPOLA,ha,4,MANUAL
2020-06-07,52835,TUMACO,COCA,ha,,MANUAL
2020-06-08,52835,TUMACO,COCA,ha,4,MAGIA
2020-06-09,52835,TUMACO,COCA,ha,34500,MANUAL
";
    let file = File::new("x.csv", events);
    let (json, ok) = check_json(&[file.path()]);
    assert!(ok, "{json}");
    let report = &json["files"][0];
    // 1.5 + 2.5 + 2 + 34,500: the absurd amount is kept, and noted.
    assert_eq!(report["sum_by_year"].to_string(), "{\"2020\":34506.0}");
    let table = file.path().with_file_name("left.csv");
    let done =
        cocal().args(["records", "check", "--quiet", "--left-out"]).arg(&table).arg(file.path()).output().unwrap();
    assert!(done.status.success());
    let mut reader = csv::Reader::from_path(&table).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    let left: Vec<(u64, String)> = rows.map(|row| (row[1].parse().unwrap(), row[2].to_owned())).collect();
    let says = [
        (5, "34,500 'PLANTAS' of 'COCA' are not hectares"),
        (6, "-4 is negative"),
        (7, "'soon' is not a date"),
        (8, "no municipality: code '', 'SIN LUGAR'"),
        (9, "the crop is 'AMAPOLA', not coca"),
        (10, "no amount"),
        (11, "'MAGIA' is no method"),
    ];
    assert_eq!(left.len(), says.len(), "{left:?}");
    for ((line, why), (expected, part)) in left.iter().zip(says) {
        assert_eq!(*line, expected);
        assert_says(why, &[part]);
    }
    let notes = report["notes"].to_string();
    assert_says(
        &notes,
        &[
            "line 12: 34,500 ha in one event is more than 5,000",
            "1 amounts in another unit (first: line 3) were converted exactly",
        ],
    );
    let eradication = read_eradication(&[file.path().to_owned()]).unwrap();
    let of = |method| eradication.total(method, 2020).map(|f| f.to_string());
    assert_eq!(
        [Method::ForcedManual, Method::Voluntary, Method::DroneSpraying, Method::Manual].map(of).map(Option::unwrap),
        ["1.5", "2.5", "2", "34500"]
    );
}

/// Methods are never summed in silence, and a table that does not tell the method is not added to those that do.
#[test]
fn sums_name_their_methods_and_count_no_hectare_twice() {
    let long = "municipality_code,year,method,eradicated_ha
05040,2020,manual,9
05040,2020,forced_manual,5
05040,2020,spraying,1
05040,2025,forced_manual,6
05040,2025,voluntary,2
05040,2025,drone_spraying,3
";
    let file = File::new("eradication.csv", long);
    let eradication = read_eradication(&[file.path().to_owned()]).unwrap();
    let sum = |year| eradication.sum(&code("05040"), year).map(|e| (e.hectares.to_string(), e.words()));
    assert_eq!(sum(2020), Some(("10".to_owned(), "manual+spraying".to_owned())));
    assert_eq!(sum(2025), Some(("11".to_owned(), "forced_manual+voluntary+drone_spraying".to_owned())));
    assert_eq!(sum(2021), None);
    assert_eq!(eradication.manual(&code("05040"), 2025).unwrap().to_string(), "6");
    assert_says(&eradication.notes.join("\n"), &["2020: manual eradication (not told how) and forced_manual"]);
}

#[test]
fn codes_that_split_are_told_with_their_line() {
    let text = "municipality_code,year,census_ha\n94343,2015,3\n94343,2021,3\n94663,2019,5\n94663,2020,4\n";
    let notes = read_record_file(File::new("a.csv", text).path()).unwrap().notes.join("\n");
    assert_says(&notes, &["line 2: 94343 Barrancominas has figures from before 2020", "part of 94663 Mapiripana"]);
    assert_says(
        &notes,
        &["94663 Mapiripana lost ground to 94343 Barrancominas in 2020", "retired code 94663 holds 9 ha"],
    );
}

/// A base-paste series that repeats the leaf series is left out from where it does; abroad stands apart.
#[test]
fn seizures_stand_apart_by_product_and_place() {
    use cocal::io::read_given::{GivenFiles, read_given};
    let census = File::new("census.csv", "municipality_code,year,census_ha\n05040,2005,1\n");
    let leaf = File::new("inc_hc.csv", "CODMPIO,MUNICIPIO,2004,2005,2006\n05040,A,5,7.25,8\n52835,T,1,2,3\n");
    let base = File::new("inc_pbc.csv", "CODMPIO,MUNICIPIO,2004,2005,2006\n05040,A,6,7.25,8\n52835,T,1,2,3\n");
    let cocaine = File::new(
        "seized.csv",
        "municipality_code,municipality_name,year,product,kg\n05040,A,2004,Clorhidrato de cocaina,11\n00,INTERNACIONAL,2004,Clorhidrato de cocaina,100\n",
    );
    let given = GivenFiles {
        census: census.path().to_owned(),
        seizures: [&leaf, &base, &cocaine].map(|f| f.path().to_owned()).to_vec(),
        ..GivenFiles::default()
    };
    let records = read_given(&given).unwrap();
    let seizures = records.beside.seizures.as_ref().unwrap();
    let kg = |product, year| seizures.at_home(product, &code("05040"), year).map(|kg| kg.to_string());
    use cocal::records::Product::{Base, Cocaine, Leaf};
    assert_eq!([kg(Leaf, 2005), kg(Base, 2004), kg(Cocaine, 2004)].map(Option::unwrap), ["7.25", "6", "11"]);
    assert_eq!((kg(Base, 2005), kg(Cocaine, 2005)), (None, None), "a copy, and a year without a table, are unknown");
    assert_eq!(seizures.abroad(Cocaine, 2004).unwrap().to_string(), "100");
    assert_eq!(seizures.total_at_home(Cocaine, 2004).unwrap().to_string(), "11");
    assert_says(&records.notes.join("\n"), &["from 2005 on it equals the leaf series: a copy, and left out"]);
    let abroad = records.sources(|_, _| true).into_iter().find(|s| s.place == "INTERNACIONAL").unwrap();
    assert_eq!((abroad.figure.as_str(), abroad.line, abroad.value.to_string()), ("seized_cocaine_kg", 3, "100".into()));
    let nameless = File::new("kilos.csv", "municipality_code,year,kg\n05040,2004,11\n");
    let given = GivenFiles { seizures: vec![nameless.path().to_owned()], ..given };
    assert_says(&read_given(&given).unwrap_err().to_string(), &["kilos.csv, line 2: nothing tells what was seized"]);
}

#[test]
fn the_national_series_are_written_with_their_editions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("national.csv");
    let done = cocal().args(["records", "national", "--quiet", "-o"]).arg(&path).output().unwrap();
    assert!(done.status.success());
    let text = std::fs::read_to_string(path).unwrap();
    assert_says(&text, &["census,2001,144807,reports", "census,2001,136918.1,\"open municipal table, summed\""]);
    assert_says(&text, &["manual_eradication,2024,9403,", "aerial_spraying,2016,0,", "united_states,2021,234000,"]);
}

/// A column of crops or units is heeded in every shape; year columns that are not read and mixed methods are told.
#[test]
fn crops_units_and_years_of_tables_are_heeded() {
    let long = "municipality_code,year,crop,unit,eradicated_ha\n52835,2023,AMAPOLA,ha,100\n52835,2022,COCA,m2,25000\n52835,2021,COCA,PLANTAS,9\n52835,2020,COCA Y AMAPOLA,ha,3\n";
    let file = read_record_file(File::new("a.csv", long).path()).unwrap();
    assert_eq!(file.sum_by_year().values().map(ToString::to_string).collect::<Vec<_>>(), ["2.5"]);
    let left: Vec<u64> = file.left_out.iter().map(|row| row.line).collect();
    assert_eq!(left, [2, 4, 5]);
    assert_says(&file.notes.join("\n"), &["line 4 is not in the sums: the unit 'PLANTAS' is neither", "first: line 3"]);
    let seized = "municipality_code,year,product,unidad,kg\n52835,2023,leaf,TONELADA,5\n52835,2022,leaf,KILOGRAMO,7\n52835,2021,leaf,GALON,9\n";
    let file = read_record_file(File::new("a.csv", seized).path()).unwrap();
    assert_eq!(file.sum_by_year().values().map(ToString::to_string).collect::<Vec<_>>(), ["7", "5000"]);
    let kilograms = "municipality_code,year,unit,census_ha\n52835,2023,ha,3\n52835,2022,kg,700\n";
    let file = read_record_file(File::new("a.csv", kilograms).path()).unwrap();
    assert_eq!(file.entries.iter().map(|e| e.value.to_string()).collect::<Vec<_>>(), ["3"]);
    assert_says(&file.notes.join("\n"), &["line 3 is not in the sums: its unit is none of census"]);
    let two = "municipality_code,year,product,kg\n52835,2023,leaf,5\n52835,2023,base,7\n";
    let notes = read_record_file(File::new("a.csv", two).path()).unwrap().notes.join("\n");
    assert!(!notes.contains("repeat a municipality and year"), "{notes}");
    let total = "CODMPIO,MUNICIPIO,2022,2023\n52835,T,1,\n,TOTAL,1,9\n";
    let file = read_record_file(File::new("censo.csv", total).path()).unwrap();
    assert_eq!(file.years.iter().copied().collect::<Vec<_>>(), [2022], "a total alone does not make a year");
    let wide = "CODMPIO,MUNICIPIO,2022,2023 p,2024*,2020.0\n52835,T,1,2,3,4\n";
    let file = read_record_file(File::new("censo.csv", wide).path()).unwrap();
    assert_eq!(file.years.iter().copied().collect::<Vec<_>>(), [2020, 2022]);
    assert_says(&file.notes.join("\n"), &["column '2023 p' is not read", "column '2024*' is not read"]);
    let table = File::new("censo.csv", "CODMPIO,MUNICIPIO,2020\n52835,T,1\n,TOTAL,1\n");
    let left = table.path().with_file_name("left.csv");
    assert!(
        cocal()
            .args(["records", "check", "--quiet", "--left-out"])
            .arg(&left)
            .arg(table.path())
            .output()
            .unwrap()
            .status
            .success()
    );
    assert_says(&std::fs::read_to_string(&left).unwrap(), &[",3,\"no municipality: code '', 'TOTAL'\""]);
    let events = "fecha_hecho,cod_muni,tipo_de_cultivo,unidad,cantidad,modalidad\n2020-05-31,52835,COCA,ha,1,FORZOSA\n2020-05-31,52835,COCA,ha,2,ASPERSION\n";
    let file = read_record_file(File::new("e.csv", events).path()).unwrap();
    assert_says(
        &file.notes.join("\n"),
        &["several methods; apart they are, in ha: 2020 forced_manual 1, 2020 spraying 2"],
    );
    let wrong = cocal().args(["records", "national", "-o", "x.json"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

/// The same seizures given twice are refused, and hectares that no municipality can have are told with their line.
#[test]
fn figures_given_twice_or_absurd_are_told() {
    use cocal::io::read_given::{GivenFiles, read_given};
    let census = File::new("census.csv", "municipality_code,year,census_ha\n05040,2005,9000000000\n05041,2005,3\n");
    let leaf = File::new("inc_hc.csv", "CODMPIO,MUNICIPIO,2004,2005\n05040,A,5,7.25\n");
    let twice = GivenFiles {
        census: census.path().to_owned(),
        seizures: vec![leaf.path().to_owned(), leaf.path().to_owned()],
        ..GivenFiles::default()
    };
    assert_says(&read_given(&twice).unwrap_err().to_string(), &["line 2: leaf of 05040 in 2004 is already given by"]);
    let once = GivenFiles { seizures: vec![leaf.path().to_owned()], ..twice };
    let notes = read_given(&once).unwrap().notes.join("\n");
    assert_says(&notes, &["line 2: 9,000,000,000 ha in 05040 in 2005 is more than 100,000"]);
}
