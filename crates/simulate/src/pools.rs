//! The miners of a simulated chain: who they are, how large, and when they come, go or turn away.
//!
//! Names are invented and say so; payouts are regtest addresses. Nothing here resembles a real pool's marks.

use bitcoin::{PubkeyHash, ScriptBuf, ScriptHash, WPubkeyHash, WitnessProgram, WitnessVersion, hashes::Hash};
use hashwatch_sha256d::sha256d;

/// Form of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    P2pkh,
    P2sh,
    P2wpkh,
    P2tr,
}

/// Whom a pool's coinbase pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payout {
    /// One of these addresses, by turns; all are known.
    Known(&'static [Form]),
    /// Several of these at once, in parts.
    Split(&'static [Form]),
    /// A fresh address each time: only the tag gives the pool away.
    Fresh(Form),
}

/// How a pool builds its coinbase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Writes its tag at all.
    pub tagged: bool,
    /// Puts the extranonce before the tag.
    pub extranonce_first: bool,
    /// Pushes the time after the height.
    pub stamped: bool,
    /// Commits to merged-mined chains in the input script.
    pub merged: bool,
    /// Commits to a side chain in an OP_RETURN output.
    pub side_chain: bool,
    /// Leaves the witness commitment out of blocks that need none.
    pub sparing: bool,
}

const PLAIN: Style =
    Style { tagged: true, extranonce_first: false, stamped: false, merged: false, side_chain: false, sparing: false };

/// An invented pool. Days count from the start of the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    pub slug: &'static str,
    pub name: &'static str,
    pub tag: &'static str,
    /// Colour on light and on dark pages.
    pub color: [&'static str; 2],
    /// Thousandths of a hash in ten minutes, when grown.
    pub size: u32,
    /// Day it begins to mine; 0 is there from the start and full-grown.
    pub born: u32,
    /// Day it begins to fade out, over a month.
    pub gone: Option<u32>,
    /// Day it begins to turn its machines to other work; over 90 days a tenth is left.
    pub pivot: Option<u32>,
    pub payout: Payout,
    pub style: Style,
}

const fn pool(slug: &'static str, name: &'static str, tag: &'static str, color: [&'static str; 2], size: u32) -> Pool {
    Pool {
        slug,
        name,
        tag,
        color,
        size,
        born: 0,
        gone: None,
        pivot: None,
        payout: Payout::Known(&[Form::P2wpkh]),
        style: PLAIN,
    }
}

/// Thousandths of a hash in ten minutes that miners without a name add.
pub(crate) const UNKNOWN_SIZE: u32 = 4_000;

/// All pools that ever mine on a simulated chain. The order is part of the chain's format.
pub(crate) const POOLS: [Pool; 16] = [
    Pool {
        payout: Payout::Known(&[Form::P2pkh, Form::P2wpkh, Form::P2sh]),
        style: Style { merged: true, side_chain: true, ..PLAIN },
        ..pool("sim-alder", "Simulated Alder", "/alder-sim/", ["#2f6fb5", "#6ea8e8"], 31_000)
    },
    Pool {
        payout: Payout::Known(&[Form::P2sh, Form::P2sh]),
        style: Style { stamped: true, merged: true, side_chain: true, ..PLAIN },
        ..pool("sim-basalt", "Simulated Basalt", "Mined by basalt-sim", ["#c2571a", "#f09050"], 22_000)
    },
    Pool {
        payout: Payout::Known(&[Form::P2wpkh, Form::P2tr]),
        style: Style { extranonce_first: true, ..PLAIN },
        ..pool("sim-cormorant", "Simulated Cormorant", "/cormorant.sim/", ["#23804a", "#5cc088"], 15_000)
    },
    Pool {
        pivot: Some(200),
        payout: Payout::Known(&[Form::P2tr]),
        style: Style { stamped: true, side_chain: true, ..PLAIN },
        ..pool("sim-drumlin", "Simulated Drumlin", "/drumlin-sim/", ["#a83a6c", "#e57fae"], 14_000)
    },
    Pool {
        payout: Payout::Split(&[Form::P2pkh, Form::P2wpkh, Form::P2sh]),
        ..pool("sim-estuary", "Simulated Estuary", "estuary-sim.invalid", ["#6b4fb3", "#a78fe8"], 10_000)
    },
    Pool {
        payout: Payout::Fresh(Form::P2wpkh),
        style: Style { merged: true, ..PLAIN },
        ..pool("sim-foxglove", "Simulated Foxglove", "/foxglove-sim/v2/", ["#8a6a00", "#d4b040"], 7_500)
    },
    Pool {
        payout: Payout::Known(&[Form::P2sh]),
        style: Style { tagged: false, sparing: true, ..PLAIN },
        ..pool("sim-gneiss", "Simulated Gneiss", "", ["#4d6670", "#96b4c0"], 5_500)
    },
    Pool {
        payout: Payout::Known(&[Form::P2pkh]),
        style: Style { merged: true, extranonce_first: true, ..PLAIN },
        ..pool("sim-hazel", "Simulated Hazel", "[hazel-sim]", ["#7a5230", "#c79a72"], 4_500)
    },
    Pool { gone: Some(150), ..pool("sim-isobar", "Simulated Isobar", "/isobar-sim/", ["#0f7f86", "#4fc4cc"], 4_000) },
    Pool {
        payout: Payout::Known(&[Form::P2tr, Form::P2tr]),
        style: Style { side_chain: true, ..PLAIN },
        ..pool("sim-juniper", "Simulated Juniper", "juniper-sim", ["#5a7d1e", "#a3c860"], 2_500)
    },
    Pool {
        payout: Payout::Split(&[Form::P2wpkh, Form::P2wpkh]),
        ..pool("sim-kestrel", "Simulated Kestrel", "/kestrel-sim/", ["#b03030", "#f08080"], 1_800)
    },
    Pool {
        payout: Payout::Fresh(Form::P2tr),
        style: Style { stamped: true, ..PLAIN },
        ..pool("sim-larch", "Simulated Larch Solo", "/solo.larch-sim/", ["#99407f", "#dd8cc6"], 900)
    },
    Pool {
        born: 60,
        payout: Payout::Known(&[Form::P2wpkh, Form::P2pkh]),
        ..pool("sim-moraine", "Simulated Moraine", "/moraine-sim/", ["#3d5a99", "#8aa5e0"], 12_000)
    },
    Pool {
        born: 240,
        style: Style { merged: true, side_chain: true, ..PLAIN },
        ..pool("sim-nimbus", "Simulated Nimbus", "<nimbus-sim>", ["#5f5f8c", "#a9a9d8"], 8_000)
    },
    Pool { born: 420, ..pool("sim-osprey", "Simulated Osprey", "/osprey-sim/", ["#966f14", "#dcb75c"], 6_000) },
    Pool {
        born: 700,
        gone: Some(1_300),
        payout: Payout::Known(&[Form::P2tr]),
        ..pool("sim-petrel", "Simulated Petrel", "/petrel-sim/", ["#286e8c", "#74b8d6"], 9_000)
    },
];

impl Pool {
    /// The payout scripts that the registry file lists.
    pub(crate) fn known_scripts(&self) -> Vec<ScriptBuf> {
        match self.payout {
            Payout::Known(forms) | Payout::Split(forms) => {
                (0..forms.len()).map(|which| self.known_script(forms[which], which)).collect()
            }
            Payout::Fresh(_) => Vec::new(),
        }
    }

    /// The script of the pool's address number `which`: the same in every chain, whatever the seed.
    pub(crate) fn known_script(&self, form: Form, which: usize) -> ScriptBuf {
        script(form, sha256d(format!("hashwatch-simulate/{}/{which}", self.slug).as_bytes()))
    }
}

/// A payout script of this form. Nobody has its key.
pub(crate) fn script(form: Form, digest: [u8; 32]) -> ScriptBuf {
    let mut short = [0; 20];
    short.copy_from_slice(&digest[..20]);
    match form {
        Form::P2pkh => ScriptBuf::new_p2pkh(&PubkeyHash::from_byte_array(short)),
        Form::P2sh => ScriptBuf::new_p2sh(&ScriptHash::from_byte_array(short)),
        Form::P2wpkh => ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(short)),
        Form::P2tr => match WitnessProgram::new(WitnessVersion::V1, &digest) {
            Ok(program) => ScriptBuf::new_witness_program(&program),
            Err(_) => unreachable!("32 bytes are a version 1 program"),
        },
    }
}
