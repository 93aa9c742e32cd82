//! One conformance suite over both stores: what the transaction promises, on SQLite and on PostgreSQL alike.

#[allow(dead_code, reason = "each test program uses its part")]
mod support;

use lifeguard::cases::{Closing, ContactOutcome, DetectionVerdict, Refusal, SafetyOutcome};
use lifeguard::domain::{Level, PersonText};
use lifeguard::matcher::Scratch;
use lifeguard::pipeline::Fate;
use lifeguard::store::staff::Actor;
use lifeguard::store::{Lane, LaneAdvance, MasterKey, Settings, Store, StoreError};
use support::{Database, at, chat, event, feed, feed_all, paid};

fn anna() -> Actor {
    Actor {
        id: "anna".to_owned(),
        role: "specialist",
    }
}

fn level(fate: &Fate) -> Level {
    match fate {
        Fate::Evaluated(verdict) | Fate::Duplicate(verdict) => verdict.assessment.level(),
        other => panic!("not judged: {other:?}"),
    }
}

#[tokio::test]
async fn talk_and_goods_count_in_either_order_and_open_one_case() {
    for database in Database::both().await {
        let engine = database.engine().await;
        assert_eq!(
            level(&feed(&engine, chat("1", "talk-first", 0, "我不想活了")).await),
            Level::Elevated
        );
        assert_eq!(
            level(&feed(&engine, paid("2", "talk-first", 5, "o1")).await),
            Level::High
        );
        assert_eq!(
            level(&feed(&engine, paid("3", "goods-first", 0, "o2")).await),
            Level::None
        );
        assert_eq!(
            level(&feed(&engine, chat("4", "goods-first", 5, "我不想活了")).await),
            Level::High
        );
        // Later talk carries an earlier time: the order of arrival does not matter.
        assert_eq!(
            level(&feed(&engine, chat("5", "late", 10, "我不想活了")).await),
            Level::Elevated
        );
        assert_eq!(
            level(&feed(&engine, paid("6", "late", 5, "o3")).await),
            Level::High
        );
        let counts = engine.store().counts().await.expect("counts");
        assert_eq!(
            (counts.persons, counts.cases, counts.signals),
            (3, 3, 6),
            "{}",
            database.name
        );
    }
}

#[tokio::test]
async fn a_thousand_copies_leave_the_state_of_one() {
    for database in Database::both().await {
        let engine = database.engine().await;
        let copy = || chat("1", "p", 0, "我不想活了");
        let first = feed(&engine, copy()).await;
        assert!(matches!(first, Fate::Evaluated(_)));
        let before = engine.store().outcomes().await.expect("outcomes");
        for _ in 0..10 {
            for fate in feed_all(&engine, (0..100).map(|_| copy()).collect()).await {
                assert!(matches!(fate, Fate::Duplicate(_)), "{}", database.name);
            }
        }
        assert_eq!(engine.store().outcomes().await.expect("outcomes"), before);
        assert_eq!(before[0].signals, 1);
    }
}

#[tokio::test]
async fn copies_inside_one_batch_count_once() {
    for database in Database::both().await {
        let engine = database.engine().await;
        let fates = feed_all(
            &engine,
            (0..5).map(|_| chat("1", "p", 0, "我不想活了")).collect(),
        )
        .await;
        let duplicates = fates
            .iter()
            .filter(|f| matches!(f, Fate::Duplicate(_)))
            .count();
        assert_eq!(duplicates, 4, "{}", database.name);
        assert_eq!(
            engine.store().outcomes().await.expect("outcomes")[0].signals,
            1
        );
    }
}

#[tokio::test]
async fn the_same_id_with_other_content_is_evaluated_and_flagged() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, paid("1", "p", 0, "o1")).await;
        let Fate::Evaluated(verdict) = feed(&engine, chat("1", "p", 1, "我不想活了")).await
        else {
            panic!("a guessed id must not hide a person ({})", database.name);
        };
        assert_eq!(verdict.assessment.level(), Level::High);
        assert!(verdict.degraded.iter().any(|d| d == "conflicting-event-id"));
    }
}

#[tokio::test]
async fn nothing_is_kept_of_a_person_without_a_signal() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, chat("1", "p", 0, "请问什么时候发货")).await;
        feed(
            &engine,
            event(
                "2",
                "p",
                1,
                r#""logistics":{"orderId":"o","status":"SHIPPED"}"#,
            ),
        )
        .await;
        feed(
            &engine,
            event("3", "p", 2, r#""profile":{"ageBand":"UNDER_18"}"#),
        )
        .await;
        feed(&engine, chat("4", "p", 3, "我没有不想活")).await;
        let counts = engine.store().counts().await.expect("counts");
        assert_eq!(
            (counts.persons, counts.signals),
            (0, 0),
            "{}",
            database.name
        );
    }
}

#[tokio::test]
async fn a_delivery_after_talk_raises_the_level_without_new_words() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, paid("1", "p", 0, "o1")).await;
        feed(&engine, chat("2", "p", 5, "我不想活了")).await;
        let shipped = r#""logistics":{"orderId":"o1","status":"SHIPPED","expectedDelivery":"2026-03-03T10:00:00+08:00"}"#;
        assert_eq!(
            level(&feed(&engine, event("3", "p", 60, shipped)).await),
            Level::Critical,
            "{}",
            database.name
        );
        let page = engine
            .store()
            .list_cases(anna(), false, 0, 10, at(61))
            .await
            .expect("the queue");
        assert_eq!(page.cases[0].means_arrival_at, Some(at(24 * 60)));
        assert_eq!(page.cases[0].level, Level::Critical);
    }
}

#[tokio::test]
async fn a_lane_with_another_owner_changes_nothing() {
    for database in Database::both().await {
        let engine = database.engine().await;
        let lane = Lane("kafka:events/0".to_owned());
        let old = engine.store().take_lane(&lane, 7).await.expect("taken");
        let new = engine
            .store()
            .take_lane(&lane, 0)
            .await
            .expect("taken again");
        assert_eq!(
            (new.applied, new.epoch),
            (7, old.epoch + 1),
            "{}",
            database.name
        );
        let commit = |epoch, from, to, person: &'static str| {
            let (engine, lane) = (engine.clone(), lane.clone());
            async move {
                let event = chat("1", person, 0, "我不想活了");
                let screened = engine
                    .walk()
                    .screen(event, at(0), false, &mut Scratch::default());
                let advance = LaneAdvance {
                    lane: lane.clone(),
                    epoch,
                    from,
                    to,
                    ordinary: 0,
                    gaps: to - from - 1,
                    newest: at(0),
                };
                engine
                    .commit(&[(Some(lane), screened)], vec![advance])
                    .await
            }
        };
        assert!(
            commit(old.epoch, 7, 8, "zombie").await.is_err(),
            "a zombie is fenced"
        );
        assert!(
            commit(new.epoch, 6, 8, "stale").await.is_err(),
            "a stale offset is fenced"
        );
        assert_eq!(
            engine.store().counts().await.expect("counts").signals,
            0,
            "nothing was done"
        );
        commit(new.epoch, 7, 9, "owner")
            .await
            .expect("the owner commits");
        let state = engine.store().lanes().await.expect("lanes").remove(0);
        assert_eq!((state.applied, state.evaluated, state.gaps), (9, 1, 1));
        assert_eq!(
            state.applied - state.start_at,
            state.evaluated + state.duplicates + state.quarantined + state.gaps
        );
    }
}

#[tokio::test]
async fn a_claim_is_a_lease_with_a_fencing_number() {
    for database in Database::both().await {
        let engine = database.engine().await;
        let store = engine.store();
        feed(&engine, chat("1", "p", 0, "我不想活了")).await;
        let id = store
            .list_cases(anna(), false, 0, 10, at(1))
            .await
            .expect("queue")
            .cases[0]
            .case_id
            .to_string();
        let berta = Actor {
            id: "berta".to_owned(),
            role: "specialist",
        };
        let claimed = store
            .claim_case(anna(), id.clone(), at(1))
            .await
            .expect("free");
        assert_eq!(claimed.lease_no, 1);
        let refused = store.claim_case(berta.clone(), id.clone(), at(2)).await;
        assert!(
            matches!(
                refused,
                Err(StoreError::Refused(Refusal::HeldByAnother { .. }))
            ),
            "{refused:?}"
        );
        // The lease ends; another takes over; the late writer's note is kept and marked.
        let taken = store
            .claim_case(berta.clone(), id.clone(), at(60))
            .await
            .expect("expired is claimable");
        assert_eq!(taken.lease_no, 2);
        let note = PersonText::new("called, no answer");
        let kept = store
            .add_note(anna(), id.clone(), 1, note, at(61))
            .await
            .expect("kept");
        assert!(kept.after_lease);
        let kept = store
            .add_note(
                berta.clone(),
                id.clone(),
                2,
                PersonText::new("reached"),
                at(62),
            )
            .await;
        assert!(!kept.expect("kept").after_lease);
        let closing = |revision_seen| Closing {
            lease_no: 2,
            revision_seen,
            contact: ContactOutcome::Reached,
            safety: SafetyOutcome::SafePlan,
            verdict: DetectionVerdict::Right,
            reason: "safety plan agreed".to_owned(),
        };
        // Between the two they were silent for an hour, which is evidence as well.
        feed(&engine, chat("2", "p", 63, "goodbye forever")).await;
        let refused = store
            .close_case(berta.clone(), id.clone(), closing(1), at(64))
            .await;
        assert!(
            matches!(
                refused,
                Err(StoreError::Refused(Refusal::NewerEvidence {
                    current: 3,
                    ..
                }))
            ),
            "{refused:?}"
        );
        let refused = store
            .close_case(anna(), id.clone(), closing(3), at(64))
            .await;
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "only the holder closes"
        );
        store
            .close_case(berta.clone(), id.clone(), closing(3), at(64))
            .await
            .expect("closed");
        let view = store
            .read_case(berta, id, at(65))
            .await
            .expect("still readable");
        assert_eq!(view.notes.len(), 2);
        assert_eq!(view.signals[0].text.reveal(), "我不想活了");
        // What comes afterwards begins a new episode, which knows that there was one.
        assert_eq!(
            level(&feed(&engine, chat("3", "p", 70, "我不想活了")).await),
            Level::Elevated
        );
        let outcome = store.outcomes().await.expect("outcomes").remove(0);
        assert_eq!(
            (outcome.cases, outcome.types),
            (2, vec!["SELF_HARM", "UNCLEAR"]),
            "{}",
            database.name
        );
    }
}

#[tokio::test]
async fn two_nodes_on_one_database_miss_nobody() {
    let database = Database::postgres().await;
    let (one, two) = (database.engine().await, database.engine().await);
    // The second node has never seen this person; ordinary goods count only after talk.
    feed(&one, chat("1", "p", 0, "我不想活了")).await;
    let bought = r#""purchase":{"orderId":"o9","status":"PAID","items":[{"title":"绳","category":"household"}]}"#;
    feed(&two, event("2", "p", 1, bought)).await;
    assert_eq!(
        one.store().outcomes().await.expect("outcomes")[0].signals,
        2
    );
}

/// Changes rows behind the store's back.
async fn tamper(database: &Database, sql: &str) {
    match &database.settings {
        Settings::Sqlite { path } => {
            let connection = rusqlite::Connection::open(path).expect("the file opens");
            connection.execute(sql, []).expect("an intruder can write");
        }
        Settings::Postgres { url, .. } => {
            let connecting = tokio_postgres::connect(&url.0, tokio_postgres::NoTls).await;
            let (client, connection) = connecting.expect("PostgreSQL answers");
            tokio::spawn(connection);
            client
                .batch_execute(sql)
                .await
                .expect("an intruder can write");
        }
        Settings::Memory => unreachable!("no test uses it here"),
    }
}

#[tokio::test]
async fn every_act_has_its_leaf_and_a_change_is_found() {
    for database in Database::both().await {
        let engine = database.engine().await;
        let store = engine.store();
        feed(&engine, chat("1", "p", 0, "我不想活了")).await;
        let id = store
            .list_cases(anna(), false, 0, 10, at(1))
            .await
            .expect("queue")
            .cases[0]
            .case_id
            .to_string();
        store
            .read_case(anna(), id.clone(), at(1))
            .await
            .expect("read");
        store.claim_case(anna(), id, at(1)).await.expect("claimed");
        while store.sequence_leaves(2).await.expect("sequenced") > 0 {}
        let check = store.verify_log().await.expect("checked");
        // rules.activate, case.open, case.list, case.read, case.claim
        assert_eq!(
            (check.head.size, check.head.pending),
            (5, 0),
            "{}",
            database.name
        );
        assert_eq!(check.faults, Vec::<String>::new());
        let tampering = [
            "UPDATE leaves SET bytes = '{\"v\":1}' WHERE seq = 3",
            "DELETE FROM leaves WHERE seq = 4",
        ];
        for sql in tampering {
            tamper(&database, sql).await;
            let found = match store.verify_log().await {
                Ok(check) => !check.faults.is_empty(),
                Err(error) => matches!(error, StoreError::Damaged(_)),
            };
            assert!(found, "{}: {sql}", database.name);
        }
    }
}

#[tokio::test]
async fn words_lie_sealed_in_the_file_and_another_key_opens_nothing() {
    let database = Database::sqlite();
    let engine = database.engine().await;
    feed(&engine, chat("1", "p", 0, "其实我不想活了谁也不知道")).await;
    drop(engine);
    let Settings::Sqlite { path } = &database.settings else {
        unreachable!("it is a file")
    };
    for file in std::fs::read_dir(path.parent().expect("a folder"))
        .expect("the folder")
        .flatten()
    {
        let bytes = std::fs::read(file.path()).expect("a file");
        let needle = "谁也不知道".as_bytes();
        assert!(
            !bytes.windows(needle.len()).any(|w| w == needle),
            "{:?}",
            file.path()
        );
    }
    let other = MasterKey::ephemeral().expect("random bytes");
    assert!(matches!(
        Store::open(&database.settings, other).await,
        Err(StoreError::WrongKey)
    ));
}

#[tokio::test]
async fn a_person_with_more_signals_than_are_read_keeps_their_level() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, chat("0", "p", 0, "goodbye forever")).await;
        for block in 0..8 {
            let events = (0..100).map(|i| {
                paid(
                    &format!("{block}-{i}"),
                    "p",
                    block * 10 + 1,
                    &format!("o{block}-{i}"),
                )
            });
            feed_all(&engine, events.collect()).await;
        }
        assert_eq!(
            level(&feed(&engine, paid("last", "p", 200, "o-last")).await),
            Level::Critical,
            "{}",
            database.name
        );
    }
}

/// What was found only by reading together: signal, field, first character, one past the last.
fn together(fate: &Fate) -> Vec<(String, &'static str, u32, u32)> {
    let Fate::Evaluated(verdict) = fate else {
        panic!("not judged: {fate:?}");
    };
    let drafts = verdict.together.iter();
    drafts
        .flat_map(|draft| {
            let name = draft.name.to_string();
            let spans = draft.spans.iter();
            spans.map(move |s| (name.clone(), s.field.name(), s.start, s.end))
        })
        .collect()
}

fn search(id: &str, person: &str, minutes: i64, query: &str) -> lifeguard::domain::Event {
    let kind = format!(r#""search":{{"query":"{query}"}}"#);
    event(id, person, minutes, &kind)
}

#[tokio::test]
async fn a_sentence_cut_over_messages_is_read_together() {
    for database in Database::both().await {
        let engine = database.engine().await;
        // Over two batches, in two fields; what follows the cut is nothing by itself.
        feed(&engine, chat("1", "p", 0, "老板，今天我不…")).await;
        let fate = feed(&engine, search("2", "p", 2, " 想活了 ")).await;
        assert_eq!(level(&fate), Level::Elevated, "{}", database.name);
        // Two terms of the pack are there; the space before them is not part of the piece.
        let wish = |from, to| ("wish".to_owned(), "search", from, to);
        assert_eq!(together(&fate), [wish(1, 3), wish(1, 4)]);
        // In one batch, and over three pieces.
        let fates = feed_all(
            &engine,
            vec![
                chat("3", "q", 0, "我不"),
                chat("4", "q", 1, "想"),
                chat("5", "q", 2, "活"),
            ],
        )
        .await;
        assert_eq!(level(&fates[1]), Level::None);
        assert_eq!(together(&fates[2]), [("wish".to_owned(), "chat", 0, 1)]);
        // A quarter of an hour, and not by anybody else.
        for (person, minutes, found) in [("in time", 15, true), ("too late", 16, false)] {
            feed(&engine, chat("6", person, 0, "我不")).await;
            let fate = feed(&engine, chat("7", person, minutes, "想活")).await;
            assert_eq!(
                matches!(&fate, Fate::Evaluated(v) if v.assessment.level() == Level::Elevated),
                found,
                "{person}"
            );
        }
        assert!(matches!(
            feed(&engine, chat("8", "somebody else", 1, "想活")).await,
            Fate::Ordinary
        ));
        // A guard in the first piece excuses what is cut, in its clause and nowhere else.
        feed(&engine, chat("9", "guarded", 0, "没有我不")).await;
        feed(&engine, chat("10", "guarded", 1, "想活")).await;
        feed(&engine, chat("9b", "other clause", 0, "没有，我不")).await;
        feed(&engine, chat("10b", "other clause", 1, "想活")).await;
        let outcomes = engine.store().outcomes().await.expect("outcomes");
        let level_of = |person: &str| {
            outcomes
                .iter()
                .find(|o| o.person == person)
                .map(|o| o.level)
        };
        assert_eq!(level_of("guarded"), Some("NONE"));
        assert_eq!(level_of("other clause"), Some("ELEVATED"));
        // After a restart the opening is still known.
        feed(&engine, chat("11", "restarted", 0, "我不")).await;
        drop(engine);
        let engine = database.engine().await;
        let fate = feed(&engine, chat("12", "restarted", 3, "想活")).await;
        assert_eq!(together(&fate), [("wish".to_owned(), "chat", 0, 2)]);
        // However events are put into batches, the line is the same: an old piece, an opening, and what ends it.
        for (person, between, expected, together_in_one) in [
            // The negation in the old piece excuses it, if that piece is one that opens: an errand would excuse nothing.
            ("by ones", "没有我不", "NONE", false),
            ("in one", "没有我不", "NONE", true),
            ("an errand, by ones", "没有", "ELEVATED", false),
            ("an errand, in one", "没有", "ELEVATED", true),
        ] {
            feed(&engine, chat("13", person, 0, "我不")).await;
            feed(&engine, chat("14", person, 10, between)).await;
            let rest = vec![
                chat("15", person, 20, "我不"),
                chat("16", person, 21, "想活"),
            ];
            if together_in_one {
                feed_all(&engine, rest).await;
            } else {
                for event in rest {
                    feed(&engine, event).await;
                }
            }
            let outcomes = engine.store().outcomes().await.expect("outcomes");
            let outcome = outcomes.iter().find(|o| o.person == person);
            assert_eq!(outcome.map(|o| o.level), Some(expected), "{person}");
        }
        // A clock that runs years ahead takes the opening from nobody.
        let mut ahead = chat("17", "ahead", 0, "我不");
        ahead.occurred_at = at(10_000_000);
        let screened = engine
            .walk()
            .screen(ahead, at(30), false, &mut Scratch::default());
        engine
            .commit(&[(None, screened)], Vec::new())
            .await
            .expect("no lane");
        let fate = feed(&engine, chat("18", "ahead", 36, "想活")).await;
        assert_eq!(together(&fate), [("wish".to_owned(), "chat", 0, 2)]);
        // A repeat changes nothing.
        let before = engine.store().counts().await.expect("counts");
        feed(&engine, chat("12", "restarted", 3, "想活")).await;
        assert_eq!(engine.store().counts().await.expect("counts"), before);
    }
}

#[tokio::test]
async fn the_fields_of_one_order_are_read_together() {
    for database in Database::both().await {
        let engine = database.engine().await;
        let order = |note: &str, delivery: &str| {
            format!(
                r#""purchase":{{"orderId":"o1","status":"PAID","items":[{{"title":"t","category":"toys","quantity":1}}],"note":"{note}","deliveryNote":"{delivery}"}}"#
            )
        };
        // The signal is not looked for in delivery notes, so the sentence must end in the note.
        feed(&engine, event("1", "p", 0, &order("想活", "我不"))).await;
        feed(&engine, chat("2", "q", 0, "我不")).await;
        let fate = feed(&engine, event("3", "q", 1, &order("想活", "放门口"))).await;
        assert_eq!(together(&fate), [("wish".to_owned(), "note", 0, 2)]);
        let outcomes = engine.store().outcomes().await.expect("outcomes");
        assert_eq!(outcomes.len(), 1, "{}", database.name);
    }
}

#[tokio::test]
async fn a_sentence_is_read_together_whichever_of_its_texts_was_looked_at_first() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, paid("1", "known", 0, "o1")).await;
        // Two threads share a batch: the second may be done with its texts before the first has seen the opening.
        let mut scratch = Scratch::default();
        for (person, rest) in [
            ("known", "想活"),
            ("known", "想活,我不想活"),
            ("new", "想活"),
            ("new too", "想活,我不想活"),
        ] {
            let mut screen = |event: lifeguard::domain::Event| {
                let arrived = event.occurred_at;
                let screened = engine.walk().screen(event, arrived, false, &mut scratch);
                (None, screened)
            };
            let second = screen(chat(&format!("2{rest}"), person, 2, rest));
            let first = screen(chat(&format!("1{rest}"), person, 1, "我不"));
            let fates = engine.commit(&[first, second], Vec::new()).await;
            let fates = fates.expect("no lane, no fence");
            let wish = ("wish".to_owned(), "chat", 0, 2);
            let name = database.name;
            assert!(
                together(&fates[1]).contains(&wish),
                "{name}: {person}, {rest}"
            );
        }
    }
}

#[tokio::test]
async fn a_sentence_cut_over_two_nodes_is_read_together() {
    let database = Database::postgres().await;
    let (one, two) = (database.engine().await, database.engine().await);
    // A stranger to both, and somebody whom both know.
    feed(&one, chat("1", "p", 0, "我不")).await;
    let fate = feed(&two, chat("2", "p", 1, "想活")).await;
    assert_eq!(level(&fate), Level::Elevated);
    feed(&one, paid("3", "known", 0, "o1")).await;
    feed(&two, paid("4", "known", 1, "o2")).await;
    feed(&one, chat("5", "known", 2, "我不")).await;
    let fate = feed(&two, chat("6", "known", 3, "想活")).await;
    assert_eq!(together(&fate), [("wish".to_owned(), "chat", 0, 2)]);
}

#[tokio::test]
async fn a_damaged_text_is_not_read_together_and_holds_nobody_up() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, chat("1", "p", 0, "我不")).await;
        let sql = match database.settings {
            Settings::Postgres { .. } => "UPDATE texts SET sealed = '\\x00'::bytea",
            _ => "UPDATE texts SET sealed = x'00'",
        };
        tamper(&database, sql).await;
        let fate = feed(&engine, chat("2", "p", 1, "想活")).await;
        assert_eq!(together(&fate), [], "{}", database.name);
        // What a text says by itself is still heard, and later pieces that are whole are read with it.
        feed(&engine, chat("3", "p", 2, "我不")).await;
        let fate = feed(&engine, chat("4", "p", 3, "想活")).await;
        assert_eq!(level(&fate), Level::Elevated, "{}", database.name);
    }
}

/// Whoever was silent by then, and the level that they now stand at.
async fn silent(engine: &lifeguard::pipeline::Committer, minutes: i64) -> Vec<(String, Level)> {
    let heard = engine.hear_silences(at(minutes)).await.expect("the store");
    let judged = heard.iter();
    judged
        .map(|(person, fate)| (person.as_str().to_owned(), level(fate)))
        .collect()
}

#[tokio::test]
async fn whoever_falls_silent_after_telling_is_raised_once() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, chat("1", "p", 0, "我不想活了")).await;
        feed(&engine, paid("2", "goods-only", 0, "o1")).await;
        assert_eq!(silent(&engine, 29).await, [], "{}", database.name);
        assert_eq!(
            silent(&engine, 30).await,
            [("p".to_owned(), Level::High)],
            "{}",
            database.name
        );
        assert_eq!(silent(&engine, 300).await, []);
        let store = engine.store();
        let page = store
            .list_cases(anna(), false, 0, 10, at(31))
            .await
            .expect("the queue");
        let case = &page.cases[0];
        assert_eq!((case.level, case.deadline_at), (Level::High, at(40)));
        // It stands among the evidence, without words.
        let view = store
            .read_case(anna(), case.case_id.to_string(), at(32))
            .await
            .expect("readable");
        let silence = view.signals.last().expect("evidence");
        assert_eq!(silence.signal, "silence");
        assert_eq!(silence.occurred_at, at(30));
        assert_eq!(silence.text.reveal(), "");
    }
}

#[tokio::test]
async fn any_act_of_the_person_in_time_ends_the_wait() {
    let acts = [
        r#""chat":{"sender":"BUYER","text":"什么时候发货"}"#,
        r#""search":{"query":"手机壳"}"#,
        r#""browse":{"item":{"title":"手机壳"}}"#,
        r#""purchase":{"orderId":"o","status":"CART","items":[{"title":"手机壳"}]}"#,
    ];
    let others = [
        r#""chat":{"sender":"MERCHANT","text":"您还在吗"}"#,
        r#""logistics":{"orderId":"o","status":"SHIPPED"}"#,
    ];
    for database in Database::both().await {
        let engine = database.engine().await;
        let all = acts.iter().chain(&others).enumerate();
        for (number, act) in all {
            let person = format!("p{number}");
            let first = chat(&format!("{number}-1"), &person, 0, "我不想活了");
            let then = event(&format!("{number}-2"), &person, 30, act);
            // In one batch and in two.
            if number % 2 == 0 {
                feed_all(&engine, vec![first, then]).await;
            } else {
                feed(&engine, first).await;
                feed(&engine, then).await;
            }
        }
        let mut heard = silent(&engine, 60).await;
        heard.sort();
        let expected = [4, 5].map(|n| (format!("p{n}"), Level::High));
        assert_eq!(heard, expected, "{}", database.name);
        // Of what ended a wait nothing is kept.
        let outcomes = engine.store().outcomes().await.expect("outcomes");
        assert_eq!(outcomes[0].signals, 1);
    }
}

#[tokio::test]
async fn who_comes_back_too_late_was_silent_and_who_speaks_again_is_waited_for_anew() {
    for database in Database::both().await {
        let engine = database.engine().await;
        feed(&engine, chat("1", "late", 0, "我不想活了")).await;
        feed(&engine, chat("2", "late", 31, "什么时候发货")).await;
        feed(&engine, chat("6", "back", 0, "我不想活了")).await;
        let back = feed(&engine, chat("7", "back", 31, "我还是不想活了")).await;
        assert_eq!(level(&back), Level::High, "{}", database.name);
        feed(&engine, chat("3", "again", 0, "我不想活了")).await;
        feed(&engine, chat("4", "again", 20, "我真的不想活了")).await;
        // A copy, and a word of before, take nothing back.
        feed(&engine, chat("4", "again", 20, "我真的不想活了")).await;
        feed(&engine, chat("5", "again", -5, "什么时候发货")).await;
        assert_eq!(
            silent(&engine, 40).await,
            [("late".to_owned(), Level::High)],
            "{}",
            database.name
        );
        assert_eq!(
            silent(&engine, 50).await,
            [("again".to_owned(), Level::High)]
        );
        assert_eq!(silent(&engine, 60).await, []);
        assert_eq!(
            silent(&engine, 61).await,
            [("back".to_owned(), Level::High)]
        );
    }
}

#[tokio::test]
async fn silence_is_no_sign_where_a_human_is_with_the_person() {
    for database in Database::both().await {
        let engine = database.engine().await;
        for person in ["reached", "claimed"] {
            feed(&engine, chat(person, person, 0, "我不想活了")).await;
        }
        tamper(
            &database,
            "UPDATE cases SET state = 'IN_CONTACT' WHERE person = 'reached'",
        )
        .await;
        tamper(
            &database,
            "UPDATE cases SET state = 'CLAIMED' WHERE person = 'claimed'",
        )
        .await;
        let mut heard = silent(&engine, 30).await;
        heard.sort();
        let expected = [("claimed", Level::High), ("reached", Level::Elevated)];
        assert_eq!(
            heard,
            expected.map(|(p, l)| (p.to_owned(), l)),
            "{}",
            database.name
        );
        assert_eq!(silent(&engine, 90).await, []);
    }
}

#[tokio::test]
async fn a_lane_must_have_been_read_past_the_end_of_a_wait() {
    for database in Database::both().await {
        let engine = database.engine().await;
        let lane = Lane("kafka:events/0".to_owned());
        let taken = engine.store().take_lane(&lane, 0).await.expect("taken");
        let mut applied = 0;
        // Everything of the lane is read at minute 100: it is behind.
        let mut read = async |event: lifeguard::domain::Event| {
            let mut scratch = Scratch::default();
            let advance = LaneAdvance {
                lane: lane.clone(),
                epoch: taken.epoch,
                from: applied,
                to: applied + 1,
                ordinary: 0,
                gaps: 0,
                newest: lifeguard::domain::Time::default(),
            };
            applied += 1;
            let screened = engine.walk().screen(event, at(100), false, &mut scratch);
            engine
                .commit(&[(Some(lane.clone()), screened)], vec![advance])
                .await
                .expect("committed");
        };
        read(chat("1", "silent", 0, "我不想活了")).await;
        read(chat("2", "answers", 0, "我不想活了")).await;
        assert_eq!(silent(&engine, 100).await, [], "{}", database.name);
        read(chat("3", "answers", 30, "什么时候发货")).await;
        assert_eq!(silent(&engine, 101).await, []);
        // An ordinary event of a stranger tells how far the lane was read.
        read(chat("4", "stranger", 31, "什么时候发货")).await;
        assert_eq!(
            silent(&engine, 102).await,
            [("silent".to_owned(), Level::High)]
        );
        // Where the lane brings nothing more, as much time again is waited.
        read(chat("5", "last", 40, "我不想活了")).await;
        assert_eq!(silent(&engine, 159).await, []);
        assert_eq!(
            silent(&engine, 160).await,
            [("last".to_owned(), Level::High)]
        );
    }
}

#[tokio::test]
async fn a_wait_ends_on_another_node_as_well() {
    let database = Database::postgres().await;
    let (one, two) = (database.engine().await, database.engine().await);
    feed(&one, chat("1", "answers", 0, "我不想活了")).await;
    feed(&two, chat("2", "answers", 10, "什么时候发货")).await;
    feed(&two, chat("3", "silent", 0, "我不想活了")).await;
    // Both look at the same time; one of them judges.
    let (first, second) = tokio::join!(silent(&one, 60), silent(&two, 60));
    let raised: Vec<_> = first.iter().chain(&second).collect();
    assert!(
        raised
            .iter()
            .all(|heard| **heard == ("silent".to_owned(), Level::High)),
        "{raised:?}"
    );
    let outcomes = one.store().outcomes().await.expect("outcomes");
    let signals: Vec<i64> = outcomes.iter().map(|o| o.signals).collect();
    assert_eq!((signals, silent(&one, 90).await), (vec![1, 2], vec![]));
}
