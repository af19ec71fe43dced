//! The only program in the image.

fn main() {
    println!("Hello! I was an image, then a file, and now I run again.");
}
