//! Has the core's files know that they are compiled for loom: without their own tests.

fn main() {
    println!("cargo::rustc-cfg=loom");
    println!("cargo::rustc-check-cfg=cfg(loom)");
}
