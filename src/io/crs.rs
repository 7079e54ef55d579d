//! Reference systems and the way between them, always in the order x, y or lon, lat.

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use crate::scene::Crs;

/// A reference system that cannot be read or a point that cannot be transformed.
#[derive(Debug, thiserror::Error)]
pub enum CrsError {
    /// The text is not a reference system.
    #[error("'{text}' is not a coordinate reference system: {source}")]
    Unknown {
        /// Its beginning.
        text: String,
        /// What GDAL said.
        source: gdal::errors::GdalError,
    },
    /// Neither projected in a length unit nor longitude and latitude on Earth.
    #[error("{0} is a local or engineering system, not a place on Earth: hectares cannot be known")]
    Local(String),
    /// There is no way from one to the other, or a point lies outside it.
    #[error("cannot transform from {from} to {to}: {source}")]
    Transform {
        /// The system of the points.
        from: String,
        /// The system wanted.
        to: String,
        /// What GDAL said.
        source: gdal::errors::GdalError,
    },
}

pub(super) fn spatial_ref(crs: &Crs) -> Result<SpatialRef, CrsError> {
    parse(&crs.wkt)
}

fn parse(text: &str) -> Result<SpatialRef, CrsError> {
    let mut srs = SpatialRef::from_definition(text)
        .map_err(|source| CrsError::Unknown { text: text.chars().take(80).collect(), source })?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(srs)
}

/// A reference system from `EPSG:32618`, WKT or PROJ text.
///
/// # Errors
/// [`CrsError`] when it is unknown or not on Earth.
pub fn crs_from_text(text: &str) -> Result<Crs, CrsError> {
    crs_from_gdal(&parse(text)?)
}

/// A reference system as PROJJSON.
///
/// # Errors
/// [`CrsError`] when GDAL cannot write it so.
pub(super) fn projjson(crs: &Crs) -> Result<String, CrsError> {
    let named = |source| CrsError::Unknown { text: crs.label(), source };
    spatial_ref(crs)?.to_projjson().map_err(named)
}

/// The core's description of a GDAL reference system.
///
/// # Errors
/// [`CrsError`] when it is a local system or cannot be written as WKT.
pub fn crs_from_gdal(srs: &SpatialRef) -> Result<Crs, CrsError> {
    let named = |source| CrsError::Unknown { text: srs.name().unwrap_or_default(), source };
    let wkt = srs.to_wkt().map_err(named)?;
    if !srs.is_geographic() && !srs.is_projected() {
        return Err(CrsError::Local(srs.name().unwrap_or(wkt)));
    }
    let mut identified = srs.clone();
    let epsg = match identified.authority() {
        Ok(authority) => authority.strip_prefix("EPSG:").and_then(|code| code.parse().ok()),
        Err(_) => {
            let _ = identified.auto_identify_epsg();
            identified.auth_code().ok().and_then(|code| u32::try_from(code).ok())
        }
    };
    let (a, b) = (srs.semi_major().map_err(named)?, srs.semi_minor().map_err(named)?);
    let inverse_flattening = if a > b { a / (a - b) } else { 0.0 };
    Ok(Crs { wkt, epsg, geographic: srs.is_geographic(), semi_major: a, inverse_flattening })
}

/// A way from one system to another. Not `Send`: each thread makes its own.
pub struct Transform {
    inner: Option<CoordTransform>,
    from: String,
    to: String,
}

impl Transform {
    /// The way from `from` to `to`; nothing is computed when they are the same.
    ///
    /// # Errors
    /// [`CrsError`] when there is none.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self, CrsError> {
        let inner = if from.same_as(to) {
            None
        } else {
            let (source, target) = (spatial_ref(from)?, spatial_ref(to)?);
            Some(CoordTransform::new(&source, &target).map_err(|source| CrsError::Transform {
                from: from.label(),
                to: to.label(),
                source,
            })?)
        };
        Ok(Self { inner, from: from.label(), to: to.label() })
    }

    /// The way from `from` to longitude and latitude on its own ellipsoid and datum.
    ///
    /// # Errors
    /// [`CrsError`] when there is none.
    pub fn to_own_lonlat(from: &Crs) -> Result<Self, CrsError> {
        if from.geographic {
            return Ok(Self { inner: None, from: from.label(), to: from.label() });
        }
        let source = spatial_ref(from)?;
        let named = |source| CrsError::Transform { from: from.label(), to: "its own lon, lat".to_owned(), source };
        let mut target = source.geog_cs().map_err(named)?;
        target.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        let inner = CoordTransform::new(&source, &target).map_err(named)?;
        Ok(Self { inner: Some(inner), from: from.label(), to: "its own lon, lat".to_owned() })
    }

    /// Whether points come out as they went in.
    pub fn is_identity(&self) -> bool {
        self.inner.is_none()
    }

    /// Transforms points in place.
    ///
    /// # Errors
    /// [`CrsError::Transform`] when a point lies outside the systems.
    pub fn apply(&self, x: &mut [f64], y: &mut [f64]) -> Result<(), CrsError> {
        let Some(inner) = &self.inner else { return Ok(()) };
        inner.transform_coords(x, y, &mut []).map_err(|source| CrsError::Transform {
            from: self.from.clone(),
            to: self.to.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epsg_4326_comes_out_as_lon_lat() -> Result<(), CrsError> {
        let utm = crs_from_text("EPSG:32618")?;
        assert_eq!((utm.epsg, utm.geographic), (Some(32618), false));
        let way = Transform::new(&utm, &Crs::wgs84())?;
        // The central meridian of zone 18 is 75 W.
        let (mut x, mut y) = ([500_000.0], [0.0]);
        way.apply(&mut x, &mut y)?;
        assert!((x[0] + 75.0).abs() < 1e-9 && y[0].abs() < 1e-9, "{x:?} {y:?}");
        Ok(())
    }

    #[test]
    fn wgs84_of_the_core_is_gdals() -> Result<(), CrsError> {
        assert!(Crs::wgs84().same_as(&crs_from_text("EPSG:4326")?));
        assert!(crs_from_text("not a crs").is_err());
        Ok(())
    }
}
