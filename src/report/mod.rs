//! What people look at: pictures.

pub mod picture;
