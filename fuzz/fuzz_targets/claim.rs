#![no_main]
cocal_fuzz::target!(claim);
