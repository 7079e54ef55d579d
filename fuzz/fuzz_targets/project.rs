#![no_main]
cocal_fuzz::target!(project);
