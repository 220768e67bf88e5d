//! Sets `cfg(loom)` for the core's files, which then leave out their own tests.

fn main() {
    println!("cargo::rustc-cfg=loom");
    println!("cargo::rustc-check-cfg=cfg(loom)");
}
