//! The invented pools as a registry file, in the form that the registry crate reads: who is who on a simulated chain.

use std::fmt::Write as _;

use bitcoin::Address;
use hashwatch_model::Network;

use crate::pools::POOLS;

/// Name of the registry file in the directory of the block files.
pub const REGISTRY_FILE: &str = "pools.toml";

/// Who stands behind the pools, and who mines with them: as invented as they are. The figures are of the order that the
/// chain's hashes are scaled to.
const BEHIND: &str = r#"
[[group]]
slug = "sim-windbreak"
name = "Simulated Windbreak"
kind = "proxy"
member = [
  { pool = "sim-alder", relation = "builds the templates", source = "simulated" },
  { pool = "sim-drumlin", from = "2025-05-01", relation = "takes them over", source = "simulated" },
]

[[owner]]
slug = "sim-cirque"
name = "Simulated Cirque Ltd"
jurisdiction = [{ country = "CH", source = "simulated" }]
pool = [{ pool = "sim-cormorant", source = "simulated" }]

[[miner]]
slug = "sim-cirque"
name = "Simulated Cirque Ltd"
listing = [{ ticker = "SIMC", exchange = "nowhere", source = "simulated" }]
pool = [{ pool = "sim-cormorant", own = true, source = "simulated" }]
hashrate = [
  { eh_s = 90.0, period = "2025-Q1", kind = "operating", source = "simulated" },
  { eh_s = 100.0, period = "2025-Q2", kind = "operating", source = "simulated" },
  { eh_s = 110.0, period = "2025-Q3", kind = "operating", source = "simulated" },
]

[[miner]]
slug = "sim-talus"
name = "Simulated Talus plc"
listing = [{ ticker = "SIMT", exchange = "nowhere", source = "simulated" }]
pool = [
  { pool = "sim-alder", until = "2025-06", source = "simulated" },
  { pool = "sim-basalt", from = "2025-07", source = "simulated" },
]
hashrate = [{ eh_s = 50.0, period = "2025-04", kind = "energized", source = "simulated" }]

[[miner]]
slug = "sim-scree"
name = "Simulated Scree Inc"
listing = [{ ticker = "SIMS", exchange = "nowhere", source = "simulated" }]
hashrate = [{ eh_s = 12.0, period = "2025-03", kind = "installed", source = "simulated" }]
"#;

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
    text + BEHIND
}
