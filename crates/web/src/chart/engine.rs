//! One QuickJS runtime with the chart script loaded, and the bounds it runs in.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use rquickjs::{CatchResultExt, CaughtError, Context, Function, Runtime, context::EvalOptions};

use super::{ChartError, Order};

/// Bytes of a runtime at most; a picture of 1,200 points of 25 pools needs about 30 MB on top of the script's 10.
const MEMORY: usize = 256 << 20;
/// Stack of the script.
const SCRIPT_STACK: usize = 2 << 20;
/// Stack of a thread that runs scripts.
pub(super) const THREAD_STACK: usize = 8 << 20;
/// Time for loading the script, which takes some 0.1 s.
const LOADING: Duration = Duration::from_secs(60);

pub(super) struct Engine {
    context: Context,
    deadline: Rc<Cell<Option<Instant>>>,
}

impl Engine {
    /// A runtime with the script run in it.
    pub(super) fn load(script: &str) -> Result<Engine, ChartError> {
        let failed = |error: rquickjs::Error| ChartError::Load(error.to_string());
        let runtime = Runtime::new().map_err(failed)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(SCRIPT_STACK);
        let deadline = Rc::new(Cell::new(Some(Instant::now() + LOADING)));
        let watched = Rc::clone(&deadline);
        runtime.set_interrupt_handler(Some(Box::new(move || watched.get().is_some_and(|end| Instant::now() > end))));
        let context = Context::full(&runtime).map_err(failed)?;
        context.with(|scope| {
            let mut options = EvalOptions::default();
            options.filename = Some("server.js".to_owned());
            let loaded = scope.eval_with_options::<(), _>(script, options).catch(&scope);
            loaded.map_err(|error| ChartError::Load(error.to_string()))
        })?;
        deadline.set(None);
        Ok(Engine { context, deadline })
    }

    /// A picture, or why there is none.
    pub(super) fn draw(&self, order: &Order, within: Duration) -> Result<String, ChartError> {
        self.deadline.set(Some(Instant::now() + within));
        let drawn = self.context.with(|scope| {
            let arguments = (&*order.name, &*order.json, order.size.width, order.size.height, order.theme.name());
            let called: rquickjs::Result<String> =
                scope.globals().get("render").and_then(|render: Function<'_>| render.call(arguments));
            called.catch(&scope).map_err(|error| self.explain(order, &error))
        });
        self.deadline.set(None);
        drawn
    }

    fn explain(&self, order: &Order, error: &CaughtError<'_>) -> ChartError {
        let name = order.name.clone();
        let late = self.deadline.get().is_some_and(|end| Instant::now() > end);
        match error {
            // an interrupt, or an allocation refused
            _ if late => ChartError::TooMuch(name),
            CaughtError::Error(rquickjs::Error::Allocation) => ChartError::TooMuch(name),
            CaughtError::Exception(exception) => {
                let reason = exception.message().unwrap_or_default();
                if reason.contains("out of memory") || reason.contains("stack") {
                    return ChartError::TooMuch(name);
                }
                ChartError::Draw { name, reason }
            }
            // QuickJS throws null when it has no memory left for an error
            CaughtError::Value(value) if value.is_null() => ChartError::TooMuch(name),
            other => ChartError::Draw { name, reason: other.to_string() },
        }
    }
}
