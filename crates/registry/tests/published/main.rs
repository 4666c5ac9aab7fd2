//! Published history: what comes with hashwatch is what was published, and bad data are named.

mod builtin;
mod mistakes;
mod properties;

use hashwatch_registry::Registry;

/// A registry of the pools `a` and `b`.
fn pools() -> Registry {
    let pool = |slug| {
        format!("[[pool]]\nslug = {slug:?}\nname = \"P\"\ntag = [{{ text = \"/{slug}/\", source = \"simulated\" }}]\n")
    };
    Registry::from_toml("pools.toml", &(pool("a") + &pool("b"))).expect("sound")
}
