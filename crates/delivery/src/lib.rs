//! Who hears of a notice, and how it reaches them: subscriptions by mail and webhook, kept in a database of their own, and their
//! delivery, at least once and in order.
//!
//! Left to others: what is said (alerts), where notices are kept (store), pages (web).
