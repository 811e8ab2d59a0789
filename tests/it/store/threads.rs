//! What was said in threads, as it is stored.

use chrono::Duration;
use patchbay::clock::Clock;
use patchbay::domain::principal::Principal;
use patchbay::domain::run::{Asked, Run, RunState};
use patchbay::domain::thread::{Author, Heard, Thread};
use patchbay::ids::{ChannelId, MessageTs, RunId, TeamId, UserId};
use patchbay::store::Reading;

use super::changes::stores;

#[tokio::test]
async fn what_is_forgotten_while_it_is_read_stays_forgotten() {
    let (stores, _folder) = stores().await;
    for store in &stores {
        let now = Clock::System.now();
        let thread = Thread {
            team: TeamId::new("T1"),
            channel: ChannelId::new("C1"),
            ts: MessageTs::new("100.000001"),
        };
        let said = MessageTs::new("100.000002");
        let heard = Heard {
            at: said.clone(),
            author: Author::Person(UserId::new("U2")),
            words: "the launch is on Friday".to_owned(),
        };
        let run = Run {
            id: RunId::generate(),
            asker: Principal::new(thread.team.clone(), UserId::new("U1")),
            channel: thread.channel.clone(),
            thread: thread.ts.clone(),
            question: "when?".to_owned(),
            asked: Some(Asked::first(&MessageTs::new("100.000003"))),
            state: RunState::Queued,
            created_at: now,
            trace: None,
        };
        let earlier = [(heard.clone(), said)];
        let until = now + Duration::minutes(1);
        for leaves in [false, true] {
            let reading = store.begin_reading(&thread, now, until).await.unwrap();
            assert_eq!(reading, Reading::Ours);
            if leaves {
                let channel = Some(&thread.channel);
                store
                    .forget_place(&thread.team, channel, false)
                    .await
                    .unwrap();
            }
            store
                .finish_reading(&thread, &earlier, 10, now)
                .await
                .unwrap();
            let known = store.heard_before(&run, 10).await.unwrap();
            let expected = if leaves {
                Vec::new()
            } else {
                vec![heard.clone()]
            };
            assert_eq!(known, expected);
            // The bot leaves, and comes again.
            store.forget_place(&thread.team, None, false).await.unwrap();
        }
        store.close().await;
    }
}
