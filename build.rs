//! Sets the link arguments of a Node addon.

use std::env::{var, var_os};
use std::path::Path;
use std::process::{Command, Stdio};

/// Makes one function of those whose code is identical, such as the same generic function for two types. The packed binary is
/// half a percent smaller. Linkers that can do it are LLD, which rustc brings for Linux on x64, gold and mold.
const FOLD: &str = "-Wl,--icf=all";

fn main() {
    napi_build::setup();
    let is = |name: &str, value: &str| var(name).as_deref() == Ok(value);
    if is("CARGO_CFG_TARGET_OS", "linux") {
        // Unloading the addon while a thread of its own still unwinds would crash the process at exit:
        // keep the library mapped until then.
        if is("CARGO_CFG_TARGET_ENV", "gnu") {
            println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
        }
        if is("PROFILE", "release") && links(FOLD) == Some(true) {
            println!("cargo:rustc-link-arg-cdylib={FOLD}");
        }
    }
}

/// Whether a library for the target can be linked with an argument: the linker is tried. `None` where it cannot be.
fn links(argument: &str) -> Option<bool> {
    let folder = var_os("OUT_DIR")?;
    let source = Path::new(&folder).join("empty.rs");
    std::fs::write(&source, "").ok()?;
    let mut rustc = Command::new(var_os("RUSTC")?);
    let flags = var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = var("RUSTC_LINKER") {
        rustc.args(["-C", &format!("linker={linker}")]);
    }
    rustc.args(["--crate-type", "cdylib", "--target", &var("TARGET").ok()?]);
    rustc.args(["-C", &format!("link-arg={argument}"), "--out-dir"]);
    rustc.arg(&folder).arg(&source);
    let status = rustc.stdout(Stdio::null()).stderr(Stdio::null()).status();
    Some(status.ok()?.success())
}
