//! ONNX Runtime, which runs networks (cargo feature `network`). Its shared library is loaded when a network is first used.

use crate::classify::model::Model;
use crate::classify::network::Engine;

/// The environment variable that names the shared library.
pub const LIBRARY: &str = "ORT_DYLIB_PATH";

/// A network that cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Built without the feature.
    #[error(
        "the model is a network, and this cocal was built without them: build it with 'cargo build --release --features network'"
    )]
    NotBuilt,
    /// No shared library.
    #[error(
        "cannot load ONNX Runtime ({said}): set {LIBRARY} to its shared library, libonnxruntime.so (PyPI's onnxruntime holds one in onnxruntime/capi)"
    )]
    Library {
        /// What the system says.
        said: String,
    },
    /// The runtime does not take the network.
    #[error("ONNX Runtime does not take the network: {said}")]
    Network {
        /// What it says.
        said: String,
    },
}

/// What runs a model's network on one thread; `None` for a model that is none.
///
/// # Errors
/// [`RuntimeError`]: built without networks, no shared library, or a network that the runtime refuses.
pub fn engine(model: &Model) -> Result<Option<Box<dyn Engine>>, RuntimeError> {
    model.network().map(|network| loaded(&network.bytes)).transpose()
}

/// Loads the library; gives its name.
///
/// # Errors
/// [`RuntimeError::NotBuilt`], [`RuntimeError::Library`].
pub fn check() -> Result<String, RuntimeError> {
    library()
}

#[cfg(not(feature = "network"))]
fn library() -> Result<String, RuntimeError> {
    Err(RuntimeError::NotBuilt)
}

#[cfg(not(feature = "network"))]
fn loaded(_bytes: &[u8]) -> Result<Box<dyn Engine>, RuntimeError> {
    Err(RuntimeError::NotBuilt)
}

#[cfg(feature = "network")]
use self::ort_engine::{library, loaded};

#[cfg(feature = "network")]
mod ort_engine {
    use std::sync::{Mutex, PoisonError};

    use ort::environment::Environment;
    use ort::session::Session;
    use ort::value::TensorRef;

    use super::{LIBRARY, RuntimeError};
    use crate::classify::network::Engine;

    /// The library as the system finds it by its name.
    const BY_NAME: &str = if cfg!(target_os = "macos") { "libonnxruntime.dylib" } else { "libonnxruntime.so" };

    /// The one environment of the process.
    static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

    struct OrtEngine(Session);

    /// Loads the library unless it is there already; gives its name.
    fn load(environment: &mut Option<Environment>) -> Result<String, RuntimeError> {
        let path = std::env::var(LIBRARY).unwrap_or_else(|_| BY_NAME.to_owned());
        if environment.is_none() {
            let unfound = |said: String| RuntimeError::Library { said };
            let builder = ort::init_from(&path).map_err(|error| unfound(error.to_string()))?;
            *environment = Some(builder.with_name("cocal").build().map_err(|error| unfound(error.to_string()))?);
        }
        Ok(path)
    }

    pub(super) fn library() -> Result<String, RuntimeError> {
        load(&mut ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn loaded(bytes: &[u8]) -> Result<Box<dyn Engine>, RuntimeError> {
        let refused = |error: &dyn std::fmt::Display| RuntimeError::Network { said: error.to_string() };
        let mut environment = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
        load(&mut environment)?;
        let Some(environment) = environment.as_ref() else { unreachable!("it was just made") };
        // One thread each: cocal's own threads work side by side.
        let session = Session::builder(environment)
            .map_err(|error| refused(&error))?
            .with_intra_threads(1)
            .map_err(|error| refused(&error))?
            .commit_from_memory(bytes)
            .map_err(|error| refused(&error))?;
        Ok(Box::new(OrtEngine(session)))
    }

    impl Engine for OrtEngine {
        fn run(&mut self, input: &[f32], shape: &[usize]) -> Result<Vec<f32>, String> {
            let tensor = TensorRef::from_array_view((shape, input)).map_err(|error| error.to_string())?;
            let outputs = self.0.run(ort::inputs![tensor]).map_err(|error| error.to_string())?;
            let (_, values) = outputs[0].try_extract_tensor::<f32>().map_err(|error| error.to_string())?;
            Ok(values.to_vec())
        }
    }
}
