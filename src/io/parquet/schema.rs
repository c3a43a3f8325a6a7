//! Units for readers that take columns from Arrow's schema: pyarrow, pandas, polars, R.
//!
//! Parquet itself has no place for words about a column that these readers show. They do show what stands with the fields of an
//! Arrow schema, which is kept under [`KEY`] in the file: base64 of a message of Arrow's format (version 5), a flatbuffer whose
//! tables are numbered in `Message.fbs` and `Schema.fbs` of that format.

use crate::io::table::{Column, Holds};
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, UnionWIPOffset, VOffsetT, WIPOffset};

/// The key of the schema among the file's words.
pub(super) const KEY: &str = "ARROW:schema";
/// The key of a unit among the words of a field.
const UNIT: &str = "unit";

type Table = WIPOffset<TableFinishedWIPOffset>;

/// Where the `n`-th member of a table stands among its members.
const fn member(n: VOffsetT) -> VOffsetT {
    4 + 2 * n
}

/// The schema of these columns.
pub(super) fn encoded(columns: &[Column]) -> String {
    base64(&message(columns))
}

fn message(columns: &[Column]) -> Vec<u8> {
    let mut to = FlatBufferBuilder::new();
    let fields: Vec<Table> = columns.iter().map(|column| field(&mut to, column)).collect();
    let fields = to.create_vector(&fields);
    let schema = to.start_table();
    to.push_slot_always(member(1), fields);
    let schema = to.end_table(schema);
    let message = to.start_table();
    // Metadata version 5; the header is a schema.
    to.push_slot_always(member(0), 4i16);
    to.push_slot_always(member(1), 1u8);
    to.push_slot_always(member(2), schema);
    let message = to.end_table(message);
    to.finish_minimal(message);
    let message = to.finished_data();
    let padding = message.len().next_multiple_of(8) - message.len();
    let length = (message.len() + padding) as u32;
    [&[0xFF; 4], &length.to_le_bytes()[..], message, &[0; 8][..padding]].concat()
}

fn field(to: &mut FlatBufferBuilder<'_>, column: &Column) -> Table {
    let name = to.create_string(&column.name);
    let words = column.unit.as_deref().map(|unit| {
        let (key, value) = (to.create_string(UNIT), to.create_string(unit));
        let word = to.start_table();
        to.push_slot_always(member(0), key);
        to.push_slot_always(member(1), value);
        let word = to.end_table(word);
        to.create_vector(&[word])
    });
    // Every reader of the format wants the list of a field's children, and these have none.
    let children = to.create_vector::<Table>(&[]);
    let (kind, of_kind) = kind(to, column.holds);
    let field = to.start_table();
    to.push_slot_always(member(0), name);
    to.push_slot_always(member(1), true);
    to.push_slot_always(member(2), kind);
    to.push_slot_always(member(3), of_kind);
    to.push_slot_always(member(5), children);
    if let Some(words) = words {
        to.push_slot_always(member(6), words);
    }
    to.end_table(field)
}

/// The number of a type, and what it says beyond that.
fn kind(to: &mut FlatBufferBuilder<'_>, holds: Holds) -> (u8, WIPOffset<UnionWIPOffset>) {
    let table = to.start_table();
    let kind = match holds {
        Holds::Integers => {
            to.push_slot_always(member(0), 64i32);
            to.push_slot_always(member(1), true);
            2
        }
        Holds::Numbers => {
            // Double precision.
            to.push_slot_always(member(0), 2i16);
            3
        }
        Holds::Texts => 5,
    };
    (kind, to.end_table(table).as_union_value())
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { digit as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flatbuffer, read without the crate that wrote it.
    #[derive(Clone, Copy)]
    struct At<'b>(&'b [u8], usize);

    impl<'b> At<'b> {
        fn number(self) -> usize {
            u32::from_le_bytes(self.0[self.1..self.1 + 4].try_into().unwrap()) as usize
        }

        fn short(self) -> usize {
            u16::from_le_bytes(self.0[self.1..self.1 + 2].try_into().unwrap()).into()
        }

        fn follow(self) -> Self {
            At(self.0, self.1 + self.number())
        }

        /// The `n`-th member of a table, if it is there.
        fn get(self, n: usize) -> Option<Self> {
            let members = At(self.0, self.1.wrapping_sub(self.number() as i32 as usize));
            let at = At(self.0, members.1 + 4 + 2 * n);
            (4 + 2 * n < members.short() && at.short() > 0).then(|| At(self.0, self.1 + at.short()))
        }

        fn list(self) -> Vec<At<'b>> {
            let list = self.follow();
            (0..list.number()).map(|i| At(self.0, list.1 + 4 + 4 * i).follow()).collect()
        }

        fn text(self) -> &'b str {
            let text = self.follow();
            std::str::from_utf8(&self.0[text.1 + 4..][..text.number()]).unwrap()
        }
    }

    #[test]
    fn the_message_says_names_types_and_units() {
        let columns = [Column::integers("ID"), Column::new("Cp").unit("ng/mL"), Column::new("reason")];
        let bytes = message(&columns);
        assert_eq!((bytes.len() % 8, &bytes[..4]), (0, &[0xFF; 4][..]));
        assert_eq!(At(&bytes, 4).number(), bytes.len() - 8);
        let message = At(&bytes[8..], 0).follow();
        assert_eq!((message.get(0).unwrap().short(), bytes[8 + message.get(1).unwrap().1]), (4, 1));
        let fields = message.get(2).unwrap().follow().get(1).unwrap().list();
        let said: Vec<_> = fields
            .into_iter()
            .map(|field| {
                let words = field.get(6).map(At::list).unwrap_or_default();
                let words = words.into_iter().map(|word| [0, 1].map(|n| word.get(n).unwrap().text()));
                assert!(field.get(5).unwrap().list().is_empty());
                (field.get(0).unwrap().text(), bytes[8 + field.get(2).unwrap().1], words.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(said, [("ID", 2, vec![]), ("Cp", 3, vec![["unit", "ng/mL"]]), ("reason", 5, vec![])]);
    }

    #[test]
    fn base64_of_the_standard() {
        // RFC 4648, section 10.
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
