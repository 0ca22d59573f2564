//! The guest's memory and the state of its run, as a call sees them. Each access is checked: an address that is no address
//! is the guest's fault and not the host's.

use super::errno::Errno;
use crate::state::State;

/// What a call may use.
pub(crate) struct View<'a> {
    pub(crate) memory: &'a mut [u8],
    pub(crate) state: &'a mut State,
}

/// Bytes of the guest, by address and length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    pub(crate) address: u32,
    pub(crate) length: u32,
}

/// Most buffers in one call.
const MOST_BUFFERS: u32 = 1024;

impl View<'_> {
    /// The bytes at an address.
    pub(crate) fn bytes(&self, address: u32, length: u32) -> Result<&[u8], Errno> {
        let start = address as usize;
        self.memory.get(start..start.saturating_add(length as usize)).ok_or(Errno::Fault)
    }

    /// The bytes at an address, to be written to.
    pub(crate) fn bytes_mut(&mut self, address: u32, length: u32) -> Result<&mut [u8], Errno> {
        let start = address as usize;
        self.memory.get_mut(start..start.saturating_add(length as usize)).ok_or(Errno::Fault)
    }

    /// Writes bytes at an address.
    pub(crate) fn put(&mut self, address: u32, bytes: &[u8]) -> Result<(), Errno> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.bytes_mut(address, length)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn put_u32(&mut self, address: u32, value: u32) -> Result<(), Errno> {
        self.put(address, &value.to_le_bytes())
    }

    pub(crate) fn put_u64(&mut self, address: u32, value: u64) -> Result<(), Errno> {
        self.put(address, &value.to_le_bytes())
    }

    pub(crate) fn u32(&self, address: u32) -> Result<u32, Errno> {
        let bytes = self.bytes(address, 4)?.try_into().map_err(|_| Errno::Fault)?;
        Ok(u32::from_le_bytes(bytes))
    }

    pub(crate) fn u64(&self, address: u32) -> Result<u64, Errno> {
        let bytes = self.bytes(address, 8)?.try_into().map_err(|_| Errno::Fault)?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub(crate) fn u8(&self, address: u32) -> Result<u8, Errno> {
        self.bytes(address, 1)?.first().copied().ok_or(Errno::Fault)
    }

    /// A list of buffers: pairs of address and length.
    pub(crate) fn buffers(&self, address: u32, count: u32) -> Result<Vec<Buffer>, Errno> {
        if count > MOST_BUFFERS {
            return Err(Errno::Invalid);
        }
        let buffer = |index: u32| {
            let at = address.checked_add(index * 8).ok_or(Errno::Fault)?;
            Ok(Buffer { address: self.u32(at)?, length: self.u32(at.checked_add(4).ok_or(Errno::Fault)?)? })
        };
        (0..count).map(buffer).collect()
    }

    /// A text, such as a path.
    pub(crate) fn text(&self, address: u32, length: u32) -> Result<&str, Errno> {
        std::str::from_utf8(self.bytes(address, length)?).map_err(|_| Errno::NotUtf8)
    }
}
