//! Plain TCP: a relay of the test to the socket of a real engine.

use super::Way;
use crate::command::Place;

mod on_engine {
    mod docker {
        use super::super::*;

        #[test]
        fn an_image_goes_both_ways_by_plain_tcp() {
            let Some(engine) = sealift_testing::engine("docker") else { return };
            let host = format!("tcp://{}", sealift_testing::tcp_relay(&engine.host));
            let place = Place::with_engine(&host);
            let folder = place.dir.path().to_owned();
            Way { engine, folder, host, place, variables: Vec::new() }.goes_both_ways();
        }
    }
}
