//! Being told to stop.

use tokio::sync::watch;

/// Ends when it is told to stop, or when nobody can tell it any more.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
