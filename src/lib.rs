//! Lifeguard (守护生命): finds people in crisis in the event streams of a marketplace and brings a trained human to them in
//! minutes.
//!
//! # The walk of one event
//!
//! ```text
//! bytes ─ wire ─ text ─ matcher ──► no signal (the great majority): counted, done; nothing about the person is stored
//!                          │
//!                          └─ signals ─ pipeline ──► ONE TRANSACTION per batch, in store:
//!                                 lock the persons in sorted order, read what is remembered of them,
//!                                 assess (pure): signals over time become axes and a level
//!                                 cases  (pure): a level becomes cases, tasks, holds, help, audit leaves
//!                                 write it all, with the offset
//!                               ──► after commit: acknowledge; notify publishes the outbox
//! ```
//!
//! # The map of the house
//!
//! In the order an event meets them; arrows point towards [`domain`]. The rooms marked ○ are pure: no I/O, no clock, no
//! randomness, `now` is an argument.
//!
//! | room | what it knows |
//! |---|---|
//! | [`domain`] ○ | ids, events, signals, levels; text that hides itself in logs |
//! | [`wire`] ○ | generated protobuf, JSON, and their conversion to and from `domain` |
//! | [`intake`] | Kafka partitions and JSONL files; what cannot be read becomes a quarantine item |
//! | [`text`] ○ | the folded view of a text, with a map back to the raw characters |
//! | [`rules`] ○ | rule files: source, checks, conditions; an immutable set with a name |
//! | [`matcher`] ○ | gate, automaton, patterns, guards: text and goods become signals |
//! | [`semantic`] ○ | the learned scorer of texts: train, load, score |
//! | [`assess`] ○ | a person's signals become axes, level and contributions |
//! | [`cases`] ○ | what follows: lifecycle, tasks, holds, help |
//! | [`audit`] ○ | leaf and RFC 6962 tree |
//! | [`store`] | SQL and nothing but: the one transaction, two dialects, migrations, keys |
//! | [`pipeline`] | the walk of a batch; waits out a store that fails, sets aside an event that cannot be judged |
//! | [`notify`] | the outbox to topics |
//! | [`access`] | who is asking; mints permits |
//! | [`serve`] | gRPC services; the only error-to-status table |
//! | [`telemetry`] | names and shapes of what is counted, never who |
//! | [`synth`] | a synthetic marketplace: ordinary days and story lines |
//! | [`config`], [`app`], [`cli`] | settings; building, starting, draining; the command line |
//!
//! # Decisions that a reader will ask about
//!
//! - **A level is a fold over signals in the order of their own times**, so the order of arrival does not matter
//!   ([`assess`]); within an episode it only rises. `rules/README.md` states the fold exactly, and the oracle in `tests/`
//!   computes it from that text alone.
//! - **An episode's intent and harm stay at the highest reached; points decay only inside the sum that reaches a stage.** A
//!   delivery a day after talk must meet the talk at full strength, and machines never lower.
//! - **Commits of one node are serialised** ([`pipeline::Committer`]): a batch over all partitions is one transaction, which
//!   is faster than several small ones and keeps the filter of active persons simple. Nodes run beside each other.
//! - **The event that makes a batch fail is found by trial** (shortest beginning that fails, rolled back) and set aside in the
//!   same transaction as its neighbours, so offsets never move past something undecided.
//! - **`store` may import `wire`**, one arrow more than the plan had: the outbox keeps the very bytes that are published.
//! - **Common words count in company only** ([`rules::TextSignal::beside`]): the gate of the matcher ignores them for strangers, so
//!   everyday talk neither costs time nor leaves anything behind. Whether somebody is a stranger is asked again when the batch
//!   goes in ([`pipeline::Screened::NothingYet`]), since another thread or node may have learnt of them meanwhile.
//! - **A sentence cut over messages and fields is read together** ([`matcher`], `rules/README.md` 2.1), by the whole pack and not by a list of
//!   cut phrases. Only what follows a text that ends unfinished is kept for it, a quarter of an hour long as far as judging goes and sealed like
//!   all texts: keeping everybody's last words would be surveillance, and reading them from the memory of a node would forget them at every restart.
//!   Words that nobody ends a text with tell that it goes on ([`rules::TextSignal::ends`]): eight in a thousand of ordinary texts do. The texts that
//!   open are read once more without what lies between, since people ask for the postage in the middle of a sentence.
//! - **A guard can be told what it never excuses** ([`rules::Guard::except`]): a statement guard speaks for a whole sentence, and a sentence may
//!   hold a loss years ago and a plan for tonight. A test asks every such guard of the pack about a plain statement beside its own words.
//! - **A pattern is gated by the ways in which it can match** ([`rules::Pattern::ways`]): each alternative by its own rare words,
//!   with the edges of words; the union of all of them would open the gate for every second text.
//! - **What the gate opens for is shown to the few patterns and terms concerned** ([`matcher`]) before the automaton over
//!   hundreds of thousands of terms sees it: of a third of ordinary texts that open the gate, one in a hundred goes on.
//! - **SIGHUP reads rules and model again** ([`pipeline::Committer::adopt`]): checked and built beside the running walk, put in
//!   force between two batches, written to the log first. Signals found by the set before are judged by the new one; what
//!   cannot be used changes nothing.
//! - **Migrations are forty lines of our own** ([`store`]), since both databases read the same files with two words replaced,
//!   which no migration library does.

/// Asks for huge pages: the tables of the matcher are looked up at random, and with small pages every tenth of the time of
/// a text goes into finding them. It is the allocator of tests and benches as well, so that these measure what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod access;
pub mod app;
pub mod assess;
pub mod audit;
pub mod cases;
pub mod cli;
pub mod config;
pub mod domain;
pub mod intake;
pub mod matcher;
pub mod notify;
pub mod pipeline;
pub mod rules;
pub mod semantic;
pub mod serve;
pub mod store;
pub mod synth;
pub mod telemetry;
pub mod text;
pub mod wire;
