//! A device with more apps than a status contains, and the map of its pool.

use wamr_client::proto::{AppName, Command, MANIFEST_SECTION, Manifest, Name, PoolSummary, RunLimits, Values, encode};
use wamr_client::{Client, Connect, PipeLink, digest_of};
use wamr_twin::{Flash, Limits, Twin};

const APPS: u8 = 20;
const POOL: usize = 512 * 1024;

/// An app with so many bytes of memory.
fn app(name: &str, memory: u32) -> Vec<u8> {
    let manifest = encode(&Manifest { name: AppName::new(name).unwrap(), ..Default::default() }).unwrap();
    let escaped: String = manifest.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module (@custom "{MANIFEST_SECTION}" "{escaped}") (memory {memory} {memory} (pagesize 1)) (func (export "f")))"#
    );
    wat::parse_str(text).unwrap()
}

async fn upload(client: &mut Client<PipeLink>, module: &[u8]) -> Result<u8, wamr_client::Error> {
    let digest = digest_of(module);
    client.upload(module, digest, 0, |_| ()).await?;
    Ok(client.number_of(&digest).await?.expect("it is installed"))
}

/// The memory of the app with this number.
fn memory_of(number: u8) -> u32 {
    1_000 + 100 * u32::from(number)
}

#[test]
fn a_client_manages_many_apps_and_sees_what_they_take() {
    let work = async {
        let limits = Limits { stack_size: 4096, ..Limits::MCU };
        let limits = Limits { instances: u32::from(APPS) + 1, ..limits };
        let flash = Flash::memory(512 * 1024);
        let twin = Twin::new(flash).slots(APPS + 1).pool(POOL).limits(limits).spawn().unwrap();
        let mut client = Client::new(twin.connector().connect().await.unwrap());
        let empty = client.pool().await.unwrap();
        for number in 0..APPS {
            let module = app(&format!("app{number}"), memory_of(number));
            assert_eq!(upload(&mut client, &module).await, Ok(number));
        }
        let installed = client.installed_apps().await.unwrap();
        assert_eq!(installed.iter().map(|app| app.number).collect::<Vec<_>>(), (0..APPS).collect::<Vec<_>>());
        let apps = client.apps().await.unwrap();
        for (number, (app, details)) in (0..).zip(&apps) {
            assert_eq!((app.number, details.name.as_str()), (number, &*format!("app{number}")));
            let export = Name::new("f").unwrap();
            client.run(number, export, Values::default(), RunLimits::default()).await.unwrap();
        }

        // What the apps take is what is not free.
        let full = client.pool().await.unwrap();
        assert_eq!(full.size, empty.size);
        let mut used = 0;
        for number in 0..APPS {
            let pool = client.pool_of(number).await.unwrap().expect("it is loaded");
            assert_eq!((pool.memory, pool.stack, pool.room), (memory_of(number), 4096, 0));
            assert!(pool.code > 100 && pool.overhead < 2_560, "{pool:?}");
            used += pool.total();
        }
        assert_eq!(empty.free - full.free, used);
        assert!(full.largest <= full.free);

        // An app that is not loaded takes nothing. Those behind it are still found.
        client.manage(Command::Stop { app: 15 }).await.unwrap();
        assert_eq!(client.pool_of(15).await, Ok(None));
        assert!(client.pool().await.unwrap().free > full.free + 4096);
        client.manage(Command::Remove { app: 3 }).await.unwrap();
        client.manage(Command::Remove { app: 12 }).await.unwrap();
        let numbers: Vec<_> = client.installed_apps().await.unwrap().iter().map(|app| app.number).collect();
        assert_eq!(numbers, (0..APPS).filter(|number| ![3, 12].contains(number)).collect::<Vec<_>>());
        assert_eq!(upload(&mut client, &app("late", 5_000)).await, Ok(3));
        for number in numbers.into_iter().chain([3]) {
            client.manage(Command::Remove { app: number }).await.unwrap();
        }
        let PoolSummary { free, largest, .. } = client.pool().await.unwrap();
        assert_eq!((free, largest), (empty.free, empty.largest), "the pool is as before");
    };
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work);
}
