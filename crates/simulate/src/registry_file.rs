//! The invented pools as a registry file, in the form that the registry crate reads: who is who on a simulated chain.

use std::fmt::Write as _;

use bitcoin::Address;
use hashwatch_model::Network;

use crate::pools::POOLS;

/// Name of the registry file in the directory of the block files.
pub const REGISTRY_FILE: &str = "pools.toml";

/// The text of the registry file: the same for every chain, as the pools' tags and addresses do not hang on the seed.
pub fn registry_toml() -> String {
    let mut text = String::from(
        "# The pools of hashwatch's simulated chains. All are invented; the addresses are regtest's, and nobody has \
         their keys.\n",
    );
    for pool in &POOLS {
        let [light, dark] = pool.color;
        // writing to a string does not fail
        let _ = write!(
            text,
            "\n[[pool]]\nslug = {:?}\nname = {:?}\ncolor = {{ light = {light:?}, dark = {dark:?} }}\n",
            pool.slug, pool.name
        );
        if pool.style.tagged {
            let _ = write!(text, "[[pool.tag]]\ntext = {:?}\nsource = \"simulated\"\n", pool.tag);
        }
        for script in pool.known_scripts() {
            // every form of script here has an address
            if let Ok(address) = Address::from_script(&script, Network::Sim.encoding()) {
                let _ = write!(text, "[[pool.address]]\naddress = \"{address}\"\nsource = \"simulated\"\n");
            }
        }
    }
    text
}
