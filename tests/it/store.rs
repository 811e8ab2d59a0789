//! What is particular to each database that the bot keeps its things in, and what must hold on both.

mod cancelled;
mod cards;
mod changes;
mod locks;
mod threads;

use std::time::Duration;

use patchbay::config::{Config, Environment};
use patchbay::store::Store;

use crate::fakes::postgres::Postgres;

async fn migrated(url: &str) -> Store {
    let pair = ("DATABASE_URL".to_owned(), url.to_owned());
    let config = Config::load(None, &Environment::from_pairs([pair].into_iter()).unwrap());
    let mut config = config.unwrap();
    // What is tested is who comes first, not how soon: the disk may have much to do.
    config.database.acquire_timeout = Duration::from_secs(60);
    let store = Store::connect(&config.database).await.unwrap();
    store.migrate().await.unwrap();
    store
}

#[tokio::test]
async fn on_postgres_no_table_is_open_to_anybody_else() {
    let database = Postgres::shared().create_database().await;
    // Supabase's roles, which its API lets in.
    database
        .run_as_superuser(
            "do $$ begin
                if not exists (select from pg_roles where rolname = 'anon') then create role anon; end if;
                alter default privileges in schema public grant all on tables to anon;
            end $$",
        )
        .await;
    let store = migrated(&database.owner).await;
    let open = "select count(*)::text from pg_tables t join pg_class c on c.relname = t.tablename
        where t.schemaname = 'public'
          and (not c.relrowsecurity or has_table_privilege('anon', c.oid, 'select'))";
    assert_eq!(database.value(open).await.as_deref(), Some("0"));
    let tables = "select count(*)::text from pg_tables where schemaname = 'public'";
    assert_eq!(database.value(tables).await.as_deref(), Some("23"));
    store.close().await;
}

#[tokio::test]
async fn migrating_again_and_from_several_replicas_at_once_is_harmless() {
    let database = Postgres::shared().create_database().await;
    let (first, second) = tokio::join!(migrated(&database.owner), migrated(&database.owner));
    first.migrate().await.unwrap();
    second.ping().await.unwrap();
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn another_key_than_the_first_is_refused_at_the_start() {
    use patchbay::clock::Clock;
    use patchbay::secrets::{Sealer, Secrets, SecretsConfig};

    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&format!(
        "sqlite:{}",
        folder.path().join("bot.db").display()
    ))
    .await;
    let secrets = |name: &str| {
        let key_file = folder.path().join(name);
        let sealer = Sealer::from_config(&SecretsConfig {
            key: None,
            key_file,
        })
        .unwrap();
        Secrets::new(store.clone(), sealer.into(), Clock::System)
    };
    secrets("first").check_key().await.unwrap();
    secrets("first").check_key().await.unwrap();
    let error = secrets("second").check_key().await.unwrap_err();
    assert!(error.sentence().contains("sealing key"), "{error}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_is_forgotten_and_what_is_not_over_stays() {
    use patchbay::slack::Transport;

    use crate::world::{Engine, World};

    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start_on(engine, Transport::Socket).await;
        let alice = world.alice();
        alice.asks("@patchbay hello there").await;
        let (store, now) = (&world.app.store, world.app.clock.now());
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(store.forget_runs(now - day).await.unwrap(), 0);
        assert_eq!(store.forget_runs(now + day).await.unwrap(), 1);
        assert!(store.forget_deliveries(now + day).await.unwrap() >= 1);
        assert_eq!(store.forget_deliveries(now + day).await.unwrap(), 0);
        world.stop().await;
    }
}
