//! The target `cluster` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (line_socket_native_fuzz::target("cluster").run)(data));
