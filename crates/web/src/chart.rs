//! Charts drawn on the server, as SVG: for pages without JavaScript, cards and print.
//!
//! The definitions are those of the browser (`web/src/charts`), run by QuickJS inside this process: no chart is written
//! twice. Scripts run on threads of their own, within bounds of time and memory; data reach them as JSON text alone.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

mod engine;
mod kept;
#[cfg(test)]
mod tests;

use engine::Engine;
use kept::Kept;

/// Threads that draw: two, so that one slow picture does not hold up the next visitor.
const THREADS: usize = 2;
/// Pictures waiting to be drawn; more are refused.
const WAITING: usize = 64;
/// Pictures kept, newest last; a page in both themes at three widths needs a dozen.
const KEPT: usize = 96;
/// Time for one picture. They take some 0.05 s; a machine under load takes longer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Size of a picture in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// Colours to draw in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// The bundled script cannot be run: the build is broken.
    #[error("the chart script cannot be loaded: {0}")]
    Load(String),
    /// No thread could be started.
    #[error("no thread to draw charts on: {0}")]
    Thread(String),
    /// Too many pictures are waiting.
    #[error("too many charts are waiting to be drawn")]
    Busy,
    /// The data do not fit the chart, or there is no such chart.
    #[error("the chart {name} cannot be drawn: {reason}")]
    Draw {
        /// Name of the chart.
        name: String,
        /// What the script says.
        reason: String,
    },
    /// Time or memory ran out.
    #[error("drawing the chart {0} took too much time or memory")]
    TooMuch(String),
    /// The drawing threads have ended.
    #[error("charts are no longer drawn")]
    Stopped,
}

/// One picture to draw.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Order {
    name: String,
    json: String,
    size: Size,
    theme: Theme,
}

struct Job {
    order: Order,
    answer: oneshot::Sender<Result<String, ChartError>>,
}

/// Draws charts; cheap to share by reference, and ends its threads when dropped.
pub struct ChartRenderer {
    jobs: mpsc::Sender<Job>,
    kept: Mutex<Kept>,
}

impl ChartRenderer {
    /// Starts the drawing threads; they load the script in the background.
    ///
    /// # Errors
    /// When the script is not in the binary, or a thread cannot be started.
    pub fn new() -> Result<ChartRenderer, ChartError> {
        let script = crate::assets::Assets::server_script()
            .ok_or_else(|| ChartError::Load("server.js is not in the binary".to_owned()))?;
        ChartRenderer::with_script(script.into(), DEADLINE)
    }

    fn with_script(script: Arc<str>, deadline: Duration) -> Result<ChartRenderer, ChartError> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..THREADS {
            let (script, waiting) = (Arc::clone(&script), Arc::clone(&waiting));
            thread::Builder::new()
                .name(format!("chart-{number}"))
                .stack_size(engine::THREAD_STACK)
                .spawn(move || draw_until_closed(&script, deadline, &waiting))
                .map_err(|error| ChartError::Thread(error.to_string()))?;
        }
        Ok(ChartRenderer { jobs, kept: Mutex::new(Kept::new(KEPT)) })
    }

    /// A chart as an SVG document; the same order gives the same picture, from a bounded memory where it can.
    ///
    /// # Errors
    /// See [`ChartError`].
    pub async fn render(&self, name: &str, data_json: &str, size: Size, theme: Theme) -> Result<String, ChartError> {
        let order = Order { name: name.to_owned(), json: data_json.to_owned(), size, theme };
        let key = kept::key(&order);
        if let Some(svg) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(svg);
        }
        let (answer, drawn) = oneshot::channel();
        self.jobs.try_send(Job { order, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ChartError::Busy,
            mpsc::error::TrySendError::Closed(_) => ChartError::Stopped,
        })?;
        let svg = drawn.await.map_err(|_| ChartError::Stopped)??;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(key, svg.clone());
        Ok(svg)
    }
}

/// The life of a drawing thread. An engine that ran out of time or memory is thrown away with all that it holds.
fn draw_until_closed(script: &str, deadline: Duration, waiting: &Mutex<mpsc::Receiver<Job>>) {
    let mut engine = Engine::load(script);
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Job { order, answer }) = next else { return };
        if answer.is_closed() {
            continue; // whoever asked has gone
        }
        let drawn = match &engine {
            Ok(engine) => engine.draw(&order, deadline),
            Err(error) => Err(error.clone()),
        };
        if matches!(drawn, Err(ChartError::TooMuch(_) | ChartError::Load(_))) {
            engine = Engine::load(script);
        }
        answer.send(drawn).ok();
    }
}
