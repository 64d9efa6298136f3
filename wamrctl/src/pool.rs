//! `wamrctl apps --pool`: how a device uses its pool.

use crate::connection::Connection;
use crate::escape::shown;
use crate::failure::Failure;
use crate::json;
use crate::receipt::thousands;
use serde_json::json;
use wamr_client::proto::{AppPool, AppStatus, Details, PoolSummary};
use wamr_client::{Client, Error, Link};

/// The use of a pool: as a whole, and by each app, which is `None` if it is not loaded.
struct Map {
    pool: PoolSummary,
    apps: Vec<(AppStatus, Details, Option<AppPool>)>,
}

/// Prints the use of a device's pool.
///
/// # Errors
/// [`Status::Device`](crate::failure::Status::Device) when the device or the link to it fails.
pub fn print(connection: &Connection, as_json: bool) -> Result<(), Failure> {
    let map = connection.with(async |client| Map::read(client).await)?;
    if as_json {
        json::print(&map.to_json());
    } else {
        print!("{}", map.to_text());
    }
    Ok(())
}

impl Map {
    async fn read(client: &mut Client<impl Link>) -> Result<Self, Error> {
        let mut apps = Vec::new();
        for (app, details) in client.apps().await? {
            apps.push((app, details, client.pool_of(app.number).await?));
        }
        Ok(Self { pool: client.pool().await?, apps })
    }

    fn to_text(&self) -> String {
        let PoolSummary { size, free, largest } = self.pool;
        let [size, free, largest] = [size, free, largest].map(|bytes| thousands(bytes.into()));
        let mut text = format!("Pool of {size} bytes: {free} are free, {largest} of them in one block\n");
        if self.apps.is_empty() {
            return text;
        }
        text += &format!(
            "\n{:<3} {:<16} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
            "", "name", "total", "code", "memory", "stack", "room", "overhead"
        );
        for (app, details, pool) in &self.apps {
            let name = if details.name.as_str().is_empty() { "-".into() } else { shown(&details.name) };
            text += &format!("{:<3} {name:<16}", app.number);
            match pool {
                None => text += "  not loaded",
                Some(pool) => {
                    let AppPool { code, memory, stack, room, overhead } = *pool;
                    for bytes in [pool.total(), code, memory, stack, room, overhead] {
                        text += &format!(" {:>9}", thousands(bytes.into()));
                    }
                }
            }
            text += "\n";
        }
        text
    }

    fn to_json(&self) -> serde_json::Value {
        let apps = self.apps.iter().map(|(app, details, pool)| {
            let pool = pool.map(|pool| {
                let AppPool { code, memory, stack, room, overhead } = pool;
                json!({
                    "total": pool.total(), "code": code, "memory": memory, "stack": stack, "room": room, "overhead": overhead,
                })
            });
            json!({ "number": app.number, "name": details.name.as_str(), "pool": pool })
        });
        let PoolSummary { size, free, largest } = self.pool;
        json!({ "size": size, "free": free, "largest": largest, "apps": apps.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wamr_client::proto::{AppName, AppState, Fingerprint};

    #[test]
    fn people_see_a_table_and_programs_the_numbers() {
        let app = AppStatus { number: 0, state: AppState::Started, failures: 0, fingerprint: Fingerprint([0; 8]) };
        let details = Details { name: AppName::new("fir").unwrap(), ..Default::default() };
        let pool = AppPool { code: 2_300, memory: 5_152, stack: 4_096, room: 0, overhead: 700 };
        let map = Map {
            pool: PoolSummary { size: 262_000, free: 100_000, largest: 90_000 },
            apps: vec![
                (app, details, Some(pool)),
                (AppStatus { number: 12, state: AppState::Stopped, ..app }, Details::default(), None),
            ],
        };
        assert_eq!(
            map.to_text(),
            "Pool of 262,000 bytes: 100,000 are free, 90,000 of them in one block\n\n    \
                name                 total      code    memory     stack      room  overhead\n\
             0   fir                 12,248     2,300     5,152     4,096         0       700\n\
             12  -                 not loaded\n"
        );
        assert_eq!(
            map.to_json(),
            json!({
                "size": 262_000, "free": 100_000, "largest": 90_000,
                "apps": [
                    { "number": 0, "name": "fir", "pool": {
                        "total": 12_248, "code": 2_300, "memory": 5_152, "stack": 4_096, "room": 0, "overhead": 700,
                    } },
                    { "number": 12, "name": "", "pool": null },
                ],
            })
        );
        let empty = Map { apps: Vec::new(), ..map };
        assert_eq!(empty.to_text(), "Pool of 262,000 bytes: 100,000 are free, 90,000 of them in one block\n");
    }
}
