//! Names to addresses as the machine does it. Its call holds a thread until it is done, whoever still waits for it, and for a name whose
//! servers never answer that is half a minute; the store needs threads too.
//!
//! So there are places, and a call keeps its own until the machine lets go of it. Names that led somewhere the last time have places of
//! their own: names that lead nowhere make each other wait, and nobody else.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, ToSocketAddrs},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use tokio::sync::Semaphore;

/// Calls at a time for names of which nothing is known, or nothing good. With the others a quarter of the runtime's threads.
const UNPROVEN: usize = 96;
/// Calls at a time for names that led somewhere the last time.
const PROVEN: usize = 32;
/// Names that are remembered.
const MOST_NAMES: usize = 10_000;

type Call = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// Places for calls; this process has them once.
pub(crate) struct Lookups {
    call: Arc<Call>,
    unproven: Arc<Semaphore>,
    proven: Arc<Semaphore>,
    led: Arc<Mutex<HashSet<String>>>,
}

/// The machine's own.
pub(crate) static SYSTEM: LazyLock<Lookups> =
    LazyLock::new(|| Lookups::new(|name| Ok((name, 0).to_socket_addrs()?.map(|found| found.ip()).collect())));

/// Takes a name's good standing when nobody waits for its answer any more.
struct Waiting<'a> {
    lookups: &'a Lookups,
    name: &'a str,
    answered: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered {
            note(&self.lookups.led, self.name, false);
        }
    }
}

impl Lookups {
    fn new(call: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Lookups {
        Lookups {
            call: Arc::new(call),
            unproven: Arc::new(Semaphore::new(UNPROVEN)),
            proven: Arc::new(Semaphore::new(PROVEN)),
            led: Arc::default(),
        }
    }

    pub(crate) async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let led = self.led.lock().unwrap_or_else(PoisonError::into_inner).contains(name);
        let places = if led { &self.proven } else { &self.unproven };
        let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
        let mut waiting = Waiting { lookups: self, name, answered: false };
        let (asked, call, led) = (name.to_owned(), Arc::clone(&self.call), Arc::clone(&self.led));
        let work = move || {
            // it goes with the call, not with who waits for it
            let _place = place;
            let found = call(&asked);
            note(&led, &asked, found.as_ref().is_ok_and(|found| !found.is_empty()));
            found
        };
        let found = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?;
        waiting.answered = true;
        found
    }
}

fn note(led: &Mutex<HashSet<String>>, name: &str, somewhere: bool) {
    let mut led = led.lock().unwrap_or_else(PoisonError::into_inner);
    if !somewhere {
        led.remove(name);
        return;
    }
    if led.len() >= MOST_NAMES
        && let Some(any) = led.iter().next().cloned()
    {
        led.remove(&any);
    }
    led.insert(name.to_owned());
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Condvar,
        time::{Duration, Instant},
    };

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    /// Names that begin with "dead" answer when the gate opens.
    fn lookups(gate: &Arc<(Mutex<bool>, Condvar)>) -> Arc<Lookups> {
        let gate = Arc::clone(gate);
        Arc::new(Lookups::new(move |name| {
            let shut = |open: &mut bool| name.starts_with("dead") && !*open;
            let _open = gate.1.wait_timeout_while(gate.0.lock().unwrap(), SOON * 4, shut).unwrap();
            Ok(vec![[192, 0, 2, 1].into()])
        }))
    }

    #[test]
    fn names_that_lead_nowhere_take_no_thread_from_others() {
        // as many threads as the program has
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let gate = Arc::default();
        runtime.block_on(async {
            let lookups = lookups(&gate);
            let good = |name| timeout(SOON, lookups.resolve(name));
            assert!(good("good.example").await.unwrap().is_ok());
            let dead = (0..600).map(|at| {
                let lookups = Arc::clone(&lookups);
                tokio::spawn(async move {
                    timeout(Duration::from_millis(200), lookups.resolve(&format!("dead{at}.example"))).await.is_err()
                })
            });
            for dead in dead.collect::<Vec<_>>() {
                assert!(dead.await.unwrap(), "nobody waits for it any more");
            }
            let start = Instant::now();
            assert!(timeout(SOON, tokio::task::spawn_blocking(|| ())).await.is_ok(), "the store's threads");
            assert!(good("good.example").await.unwrap().is_ok(), "who is known to lead somewhere has places");
            assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
            assert!(
                timeout(Duration::from_millis(100), lookups.resolve("new.example")).await.is_err(),
                "all are taken"
            );
            *gate.0.lock().unwrap() = true;
            gate.1.notify_all();
            assert!(good("new.example").await.unwrap().is_ok(), "places come back");
        });
    }

    #[tokio::test]
    async fn who_hangs_loses_its_standing() {
        let gate = Arc::new((Mutex::new(true), Condvar::new()));
        let lookups = lookups(&gate);
        let led = || lookups.led.lock().unwrap().contains("dead.example");
        lookups.resolve("dead.example").await.unwrap();
        assert!(led());
        *gate.0.lock().unwrap() = false;
        assert!(timeout(Duration::from_millis(50), lookups.resolve("dead.example")).await.is_err());
        assert!(!led(), "while it hangs it is with those that lead nowhere");
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
    }
}
