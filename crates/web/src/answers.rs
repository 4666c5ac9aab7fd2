//! Figures computed lately, so that a question asked again costs nothing: a bounded memory, least used out first.
//!
//! An answer belongs to a mark, a window and what was asked. The same mark has the same answer for ever, so nothing here
//! goes bad: a new block is a new mark. Whoever asks what is being computed waits for that.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use hashwatch_model::Window;
use hashwatch_store::Mark;
use tokio::sync::OnceCell;

/// Which answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// Newest commit, the block it is as of, and the registry's version.
    pub(crate) mark: Mark,
    /// Over which blocks.
    pub(crate) window: Window,
    /// What is asked.
    pub(crate) what: Cow<'static, str>,
}

/// Answers of one kind, to questions that have the same answer for ever.
pub(crate) struct Answers<T, Q = Question> {
    room: usize,
    kept: Mutex<VecDeque<(Q, Arc<OnceCell<T>>)>>,
}

impl<T: Clone, Q: PartialEq> Answers<T, Q> {
    pub(crate) fn new(room: usize) -> Answers<T, Q> {
        Answers { room, kept: Mutex::default() }
    }

    /// The answer as it was found before, or as `compute` finds it now. A failure is not kept.
    pub(crate) async fn get<E>(&self, question: Q, compute: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        // one answer asks for another: within each other, as they are, they outgrow a thread's stack
        let compute = Box::pin(compute);
        let cell = self.cell(question);
        // one answer asks for another, and that for the next: on the heap, or their futures grow beyond a thread's stack
        cell.get_or_try_init(|| Box::pin(compute)).await.cloned()
    }

    fn cell(&self, question: Q) -> Arc<OnceCell<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| *known == question).and_then(|place| kept.remove(place));
        let found = known.unwrap_or_else(|| (question, Arc::default()));
        let cell = Arc::clone(&found.1);
        kept.push_back(found);
        if kept.len() > self.room {
            kept.pop_front();
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicU32, Ordering},
    };

    use hashwatch_model::{BlockHash, BlockId, RegistryVersion};

    use super::*;

    fn question(commit: u64, height: u32, window: u32) -> Question {
        let hash: BlockHash = "ab".repeat(32).parse().unwrap();
        let tip = BlockId { height, hash };
        let mark = Mark { commit, tip, time: 1, median_time: 1, registry: RegistryVersion("r".to_owned()) };
        Question { mark, window: Window::Blocks(window), what: "shares".into() }
    }

    #[tokio::test]
    async fn the_same_question_is_answered_once() {
        let (answers, asked) = (Answers::new(2), AtomicU32::new(0));
        let count = || async {
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(asked.fetch_add(1, Ordering::Relaxed))
        };
        let one = question(1, 1, 1);
        let Ok((first, second)) =
            tokio::try_join!(answers.get(one.clone(), count()), answers.get(one.clone(), count()));
        assert_eq!((first, second, asked.load(Ordering::Relaxed)), (0, 0, 1));
        // another commit, another block, another window: another question
        for (place, other) in [question(2, 1, 1), question(1, 2, 1), question(1, 1, 2)].into_iter().enumerate() {
            assert_eq!(answers.get(other, count()).await.map(|at| at as usize), Ok(place + 1));
            assert_eq!(answers.get(one.clone(), count()).await, Ok(0), "what is in use is kept");
        }
        // the least used one is gone
        assert_eq!(answers.get(question(2, 1, 1), count()).await, Ok(4));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let answers = Answers::new(2);
        assert_eq!(answers.get(question(1, 1, 1), async { Err::<u32, _>("away") }).await, Err("away"));
        assert_eq!(answers.get(question(1, 1, 1), async { Ok::<_, &str>(5) }).await, Ok(5));
    }
}
