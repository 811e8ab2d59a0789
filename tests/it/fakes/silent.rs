//! A server that accepts and never answers: a model that thinks for ever, a database that hangs.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;

pub struct Silent {
    url: String,
    port: u16,
    asked: Arc<Semaphore>,
    task: tokio::task::JoinHandle<()>,
}

/// Starts one on a free port of loopback.
pub async fn server() -> Silent {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Semaphore::new(0));
    let counter = asked.clone();
    #[expect(clippy::disallowed_methods, reason = "a test's own server")]
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            counter.add_permits(1);
            held.push(connection);
        }
    });
    Silent {
        url: format!("http://127.0.0.1:{port}/"),
        port,
        asked,
        task,
    }
}

impl Silent {
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until somebody connected.
    pub async fn was_asked(&self, patience: Duration) {
        tokio::time::timeout(patience, self.asked.acquire())
            .await
            .expect("nobody asked")
            .unwrap()
            .forget();
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A model provider that answers every request with 500.
pub struct Refusing {
    url: String,
}

/// Starts one on a free port of loopback.
pub async fn refusing() -> Refusing {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap());
    let broken = || async {
        (
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            "sk-canary echoed",
        )
    };
    let app = axum::Router::new().fallback(broken);
    #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Refusing { url }
}

impl Refusing {
    /// How it is configured.
    pub fn provider(&self) -> patchbay::llm::catalogue::ProviderConfig {
        patchbay::llm::catalogue::ProviderConfig {
            kind: patchbay::llm::catalogue::ProviderKind::OpenaiCompatible,
            base_url: Some(self.url.clone()),
            api_key: Some("sk-canary".into()),
            models: vec!["any".to_owned()],
        }
    }
}
