//! Sets the link arguments of a Node addon.

fn main() {
    napi_build::setup();
    // Unloading the addon while a thread of its own still unwinds would crash the process at exit:
    // keep the library mapped until then.
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu")
        && std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux")
    {
        println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
