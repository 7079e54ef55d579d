#![no_main]
cocal_fuzz::target!(outputs);
