//! The layer as FlatGeobuf: features along the Hilbert curve behind a packed spatial index, both of them GDAL's work.

use gdal::DriverManager;

use super::geopackage::{add_fields, lonlat, write_rows};
use super::{MapLayer, MapLayerError, memory_file};
use crate::project::Format;

pub(super) fn flatgeobuf(layer: &MapLayer) -> Result<Vec<u8>, MapLayerError> {
    memory_file::written(Format::FlatGeobuf.file_name(), |path| {
        let mut dataset = DriverManager::get_driver_by_name("FlatGeobuf")?.create_vector_only(path)?;
        let srs = lonlat()?;
        let mut made = dataset.create_layer(gdal::vector::LayerOptions {
            name: "municipalities",
            srs: Some(&srs),
            ty: gdal::vector::OGRwkbGeometryType::wkbMultiPolygon,
            options: Some(&["SPATIAL_INDEX=YES"]),
        })?;
        add_fields(&made, layer)?;
        write_rows(&mut made, layer)?;
        dataset.close()
    })
}

#[cfg(test)]
mod tests {
    use gdal::Dataset;
    use gdal::vector::LayerAccess;

    use super::super::tests::small_layer;
    use super::*;

    #[test]
    fn gdal_reads_the_layer_with_its_short_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("municipalities.fgb");
        let bytes = small_layer().bytes(Format::FlatGeobuf).unwrap();
        assert_eq!(bytes, small_layer().bytes(Format::FlatGeobuf).unwrap());
        std::fs::write(&path, bytes).unwrap();
        let dataset = Dataset::open(&path).unwrap();
        let layer = dataset.layer(0).unwrap();
        let names: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
        assert_eq!(names, ["mun_code", "mun_name", "map_2023", "map_2024", "adj_2024", "chg_2024", "flag_2024"]);
        assert_eq!(layer.feature_count(), 2);
        // The binding reads a field that was never set as 0; GDAL itself knows that it is null.
        let count = |filter: &str| {
            let query = format!("SELECT mun_code FROM municipalities WHERE {filter}");
            let mut found = dataset.execute_sql(query, None, gdal::vector::sql::Dialect::OGR).unwrap().unwrap();
            found.features().count()
        };
        assert_eq!((count("adj_2024 IS NULL"), count("adj_2024 = 3.5"), count("map_2023 = 0")), (1, 1, 1));
    }
}
