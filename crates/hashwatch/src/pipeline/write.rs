//! Writing, however often it takes: a chunk that was verified is never dropped because the store was away.

use hashwatch_model::{AttributedBlock, Chunk, StoreState};
use hashwatch_store::{StoreError, Writer};

use super::Pipeline;

impl Pipeline {
    pub(super) async fn write(&mut self, chunk: &Chunk<AttributedBlock>) -> Result<(), StoreError> {
        let tip = chunk.blocks.last().map(|last| last.block.id).or(chunk.parent);
        loop {
            let mut writer = self.take_writer().await?;
            // a mark may have been written although the answer got lost
            if writer.mark().map(|mark| mark.tip) == tip {
                self.writer = Some(writer);
                return Ok(());
            }
            match writer.commit(chunk, self.registry.version()).await {
                Ok(_) => {
                    self.writer = Some(writer);
                    return Ok(());
                }
                Err(error) => self.set_back(error).await?,
            }
        }
    }

    pub(super) async fn write_stale(&mut self, blocks: &[AttributedBlock]) -> Result<(), StoreError> {
        loop {
            let mut writer = self.take_writer().await?;
            match writer.commit_stale(blocks, self.registry.version()).await {
                Ok(new) => {
                    if new > 0 {
                        tracing::info!(blocks = new, "keeping stale blocks");
                    }
                    self.writer = Some(writer);
                    return Ok(());
                }
                Err(error) => self.set_back(error).await?,
            }
        }
    }

    /// The writer; after a failed write a new one, which takes away what that left.
    async fn take_writer(&mut self) -> Result<Writer, StoreError> {
        match self.writer.take() {
            Some(writer) => Ok(writer),
            None => self.open_writer().await,
        }
    }

    async fn set_back(&mut self, error: StoreError) -> Result<(), StoreError> {
        if !error.is_passing() || self.once {
            return Err(error);
        }
        self.store_is_down(&error);
        self.pause().await;
        Ok(())
    }

    pub(super) fn store_is_down(&mut self, error: &StoreError) {
        self.failed(&error.to_string());
        let reason = error.in_public();
        self.say(|status| status.store = StoreState::Down(reason));
    }

    pub(super) fn store_is_up(&mut self) {
        self.status.send_if_modified(|status| {
            let was_down = status.store != StoreState::Ok;
            status.store = StoreState::Ok;
            was_down
        });
    }
}
