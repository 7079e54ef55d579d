#![no_main]
cocal_fuzz::target!(tiff);
