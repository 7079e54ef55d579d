//! What the classification is worth.
